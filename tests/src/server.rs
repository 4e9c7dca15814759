//! An HTTP server with scripted answers, which keeps its requests.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::{fmt, thread};

use crate::LONG;

/// The server's reaction to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The status code and reason, the headers, and the body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// Sends these bytes and closes the connection.
    Bytes(&'static str),
    /// Runs the writer and closes the connection.
    Written(Writer),
    /// Closes the connection.
    Hangup,
    /// Sends nothing for as long as the server lives.
    Silence,
}

/// Writes an answer piece by piece.
#[derive(Clone)]
pub struct Writer(Arc<Writing>);

type Writing = dyn Fn(&mut TcpStream) -> io::Result<()> + Send + Sync;

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Answer {
    /// An answer that `write` writes.
    pub fn written(
        write: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::Written(Writer(Arc::new(write)))
    }

    /// A JSON body with this status.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Http(status, headers, body.into())
    }

    /// The platform's answer to a report.
    pub fn task() -> Self {
        Self::json(
            200,
            r#"{"id":"t-1","agent_id":"agent-123","organization_id":"org-1","input":{},"created_at":"2026-01-02T03:04:05Z","status":"completed"}"#,
        )
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Http(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method and the target.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The number of its connection, from 0.
    pub connection: usize,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The server. It lives until the test ends.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    seen: Arc<(Mutex<Vec<Request>>, Condvar)>,
}

type Script = dyn Fn(usize, &Request) -> Answer + Send + Sync;

impl Server {
    /// Answers every request the same.
    pub fn always(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone())
    }

    /// Calls `script` for each request, with the number of requests before it.
    pub fn start(script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::<(Mutex<Vec<Request>>, Condvar)>::default();
        let server = Self {
            url,
            seen: Arc::clone(&seen),
        };
        let script: Arc<Script> = Arc::new(script);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                thread::spawn(move || serve(stream, connection, &*script, &seen));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.0.lock().expect("no panic in the server").clone()
    }

    /// Waits for `count` requests.
    pub fn wait_for(&self, count: usize) -> Vec<Request> {
        let (seen, arrived) = &*self.seen;
        let seen = seen.lock().expect("no panic in the server");
        let (seen, wait) = arrived
            .wait_timeout_while(seen, LONG, |seen| seen.len() < count)
            .expect("no panic in the server");
        assert!(!wait.timed_out(), "{} of {count} requests came", seen.len());
        seen.clone()
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    script: &Script,
    (seen, arrived): &(Mutex<Vec<Request>>, Condvar),
) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    while let Ok(Some(request)) = read(&mut reader, connection) {
        let before = {
            let mut seen = seen.lock().expect("no panic in the server");
            seen.push(request.clone());
            arrived.notify_all();
            seen.len() - 1
        };
        let written = match script(before, &request) {
            Answer::Http(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Answer\r\n");
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                head += &format!("content-length: {}\r\n\r\n", body.len());
                writer.write_all((head + &body).as_bytes())
            }
            Answer::Bytes(bytes) => {
                let _ = writer.write_all(bytes.as_bytes());
                return;
            }
            Answer::Written(write) => {
                let _ = (write.0)(&mut writer);
                return;
            }
            Answer::Hangup => return,
            Answer::Silence => {
                // Returns when the client gives up.
                let _ = io::copy(&mut reader, &mut io::sink());
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

pub(crate) fn read(
    reader: &mut BufReader<TcpStream>,
    connection: usize,
) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut request = Request {
        line,
        headers,
        body: String::new(),
        connection,
    };
    let length = request
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8(body).expect("a body of UTF-8");
    Ok(Some(request))
}
