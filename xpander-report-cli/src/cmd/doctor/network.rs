use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use http::Uri;

/// How long a name, a connection or an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How many addresses of a host are tried.
const MAX_ADDRESSES: usize = 4;
const MAX_HEAD_BYTES: usize = 16 << 10;

/// The host and port that a connection goes to.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) authority: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) has_tls: bool,
}

impl Endpoint {
    pub(super) fn of(address: &Uri) -> Option<Self> {
        let scheme = address.scheme_str()?;
        let has_tls = scheme == "https";
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => 1080,
        };
        let authority = address.authority()?.as_str();
        Some(Self {
            authority: authority.to_owned(),
            host: address.host()?.trim_matches(['[', ']']).to_owned(),
            port: address.port_u16().unwrap_or(usual),
            has_tls,
        })
    }

    /// Its addresses from the system's resolver. A name of this machine has the loopback addresses.
    pub(super) fn resolve(&self, is_this_machine: bool) -> io::Result<Vec<SocketAddr>> {
        if is_this_machine && self.host.parse::<IpAddr>().is_err() {
            return Ok(vec![
                (Ipv4Addr::LOCALHOST, self.port).into(),
                (Ipv6Addr::LOCALHOST, self.port).into(),
            ]);
        }
        let (found, finding) = mpsc::channel();
        let name = (self.host.clone(), self.port);
        // The resolver has no timeout and cannot be cancelled.
        thread::spawn(move || {
            let addresses = name.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            let _ = found.send(addresses);
        });
        let mut addresses = finding
            .recv_timeout(TIMEOUT)
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 5 s"))??;
        addresses.dedup();
        addresses.truncate(MAX_ADDRESSES);
        Ok(addresses)
    }
}

/// Connects to the first address that answers.
pub(super) fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, TIMEOUT) {
            Ok(connection) => {
                connection.set_read_timeout(Some(TIMEOUT))?;
                connection.set_write_timeout(Some(TIMEOUT))?;
                return Ok(connection);
            }
            Err(error) => last = io::Error::new(error.kind(), format!("{address}: {error}")),
        }
    }
    Err(last)
}

/// The server's time, from the `Date` header of an answer. The request has no key.
pub(super) fn time(authority: &str, mut connection: impl Read + Write) -> Option<SystemTime> {
    let request = format!("HEAD / HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).ok()?;
    connection.flush().ok()?;
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    let start = Instant::now();
    while head.len() < MAX_HEAD_BYTES && start.elapsed() < TIMEOUT {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        if answer.parse(&head).ok()?.is_complete() {
            let date = answer
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case("date"))?;
            return httpdate::parse_http_date(str::from_utf8(date.value).ok()?).ok();
        }
        match connection.read(&mut piece).ok()? {
            0 => return None,
            read => head.extend_from_slice(piece.get(..read)?),
        }
    }
    None
}
