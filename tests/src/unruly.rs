//! A platform that misbehaves at random until it is told to behave, and keeps the reports that it received.

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fastrand::Rng;
use xpander_report::TaskReport;

use crate::server::{Request, read};

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Resets the connection before it reads the request.
    Reset,
    /// Closes the connection after it has read the request.
    Hangup,
    /// Sends nothing until the client gives up.
    Stall,
    /// 429 with `Retry-After`.
    TooMany,
    /// 500.
    Broken,
    /// 302.
    Elsewhere,
    /// 200 with a body of another server.
    Garbage,
    /// A status 4xx from a server in between.
    Middlebox,
    /// Closes the connection in the middle of a correct answer.
    Half,
    /// A correct answer, one byte at a time.
    Slow,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::Reset,
        Self::Hangup,
        Self::Stall,
        Self::TooMany,
        Self::Broken,
        Self::Elsewhere,
        Self::Garbage,
        Self::Middlebox,
        Self::Half,
        Self::Slow,
    ];

    /// Whether the platform may have accepted the report without the client's knowledge.
    fn hides_what_became(self) -> bool {
        !matches!(
            self,
            Self::Reset | Self::TooMany | Self::Elsewhere | Self::Middlebox
        )
    }
}

/// A report that the platform received.
#[derive(Debug, Clone)]
pub struct Seen {
    pub report: TaskReport,
    /// Whether the platform accepted it, regardless of the answer.
    pub is_taken: bool,
    /// The key of its request.
    pub key: String,
}

/// The platform. It ends when it is dropped.
#[derive(Debug)]
pub struct Unruly {
    address: SocketAddr,
    state: Arc<State>,
    listening: Option<JoinHandle<()>>,
}

/// An agent whose reports are refused until the platform behaves.
pub const REFUSED_AGENT: &str = "agent-refused";

/// An agent whose reports fail until the platform behaves.
pub const BROKEN_AGENT: &str = "agent-broken";

/// An agent whose reports get no answer until the platform behaves.
pub const HANGING_AGENT: &str = "agent-hanging";

/// The input of reports that the platform never accepts.
pub const ODD_INPUT: &str = "odd";

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{\"id\":\"t-1\"}";

#[derive(Debug)]
struct State {
    kept: Mutex<Kept>,
    is_good: AtomicBool,
    is_over: AtomicBool,
}

#[derive(Debug)]
struct Kept {
    rng: Rng,
    faults: Vec<Fault>,
    /// The percentage of requests that fail.
    rate: u8,
    seen: HashMap<String, Vec<Seen>>,
}

impl Unruly {
    /// Misbehaves in one of these ways for this percentage of requests.
    pub fn start(rng: Rng, faults: Vec<Fault>, rate: u8) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            kept: Mutex::new(Kept {
                rng,
                faults,
                rate,
                seen: HashMap::new(),
            }),
            is_good: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&shared)) else {
                    continue;
                };
                // The thread ends with the connection.
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self {
            address,
            state,
            listening: Some(listening),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Behaves from now on, except for reports that no platform could accept.
    pub fn become_good(&self) {
        self.state.is_good.store(true, Ordering::SeqCst);
    }

    /// The reports of each task, in the order in which they were read.
    pub fn seen(&self) -> HashMap<String, Vec<Seen>> {
        self.state.lock().seen.clone()
    }
}

impl Drop for Unruly {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        let woken = TcpStream::connect(self.address);
        if let (Ok(_), Some(listening)) = (woken, self.listening.take()) {
            let _ = listening.join();
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic in the platform")
    }

    fn draw(&self) -> Option<Fault> {
        if self.is_good.load(Ordering::SeqCst) {
            return None;
        }
        let mut kept = self.lock();
        let Kept {
            rng, faults, rate, ..
        } = &mut *kept;
        let is_bad = rng.u8(..100) < *rate;
        is_bad.then(|| rng.choice(faults.iter()).copied()).flatten()
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        loop {
            // Closing a socket with unread data resets the connection.
            if reader.get_ref().peek(&mut [0])? == 0 {
                return Ok(());
            }
            let fault = self.draw();
            if fault == Some(Fault::Reset) {
                return Ok(());
            }
            let Some(request) = read(&mut reader, 0)? else {
                return Ok(());
            };
            let fault = self.fault_of_agent(&request).or(fault);
            let Some((answer, fault)) = self.take(&request, &writer, fault)? else {
                return Ok(());
            };
            writer.write_all(answer.as_bytes())?;
            match fault {
                Some(Fault::Stall) => {
                    io::copy(&mut reader, &mut io::sink())?;
                    return Ok(());
                }
                Some(Fault::Hangup | Fault::Half) => return Ok(()),
                Some(Fault::Slow) => {
                    for byte in GOOD.bytes() {
                        writer.write_all(&[byte])?;
                        thread::sleep(Duration::from_millis(4));
                    }
                }
                _ => {}
            }
        }
    }

    /// Keeps the request. Returns the immediate answer and the misbehaviour after it, or nothing if the client is gone.
    fn take(
        &self,
        request: &Request,
        stream: &TcpStream,
        fault: Option<Fault>,
    ) -> io::Result<Option<(String, Option<Fault>)>> {
        let report: TaskReport = serde_json::from_str(&request.body).expect("a report's body");
        let refusal = self.refusal(request, &report);
        let mut kept = self.lock();
        // A client that gave up sends the request again, so this copy would arrive after newer ones.
        if is_gone(stream)? {
            return Ok(None);
        }
        let wait = u8::from(kept.rng.u8(..20) == 0);
        let is_taken = refusal.is_none()
            && fault.is_none_or(|fault| fault.hides_what_became() && kept.rng.bool());
        let id = report.id.clone().expect("a report with an id");
        let seen = kept.seen.entry(id).or_default();
        seen.push(Seen {
            report,
            is_taken,
            key: request.header("x-api-key").unwrap_or_default().to_owned(),
        });
        if let Some(refusal) = refusal {
            return Ok(Some((refusal, None)));
        }
        let answer = match fault {
            None => GOOD.to_owned(),
            Some(Fault::Reset | Fault::Hangup | Fault::Stall | Fault::Slow) => String::new(),
            Some(Fault::TooMany) => empty(429, &format!("retry-after: {wait}\r\n")),
            Some(Fault::Broken) => empty(500, ""),
            Some(Fault::Elsewhere) => empty(302, "location: /elsewhere\r\n"),
            Some(Fault::Middlebox) => {
                let status = [404, 405, 407, 409, 421, 423, 499];
                let status = status[kept.rng.usize(..status.len())];
                with_body(status, "<html>no</html>")
            }
            Some(Fault::Garbage) => {
                "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n<html>log in</".to_owned()
            }
            Some(Fault::Half) => GOOD[..GOOD.len() - 5].to_owned(),
        };
        Ok(Some((answer, fault)))
    }

    fn refusal(&self, request: &Request, report: &TaskReport) -> Option<String> {
        let is_good = self.is_good.load(Ordering::SeqCst);
        if report.input.as_deref() == Some(ODD_INPUT) {
            return Some(with_body(422, r#"{"detail": "odd"}"#));
        }
        let is_refused = request.line.contains(REFUSED_AGENT) && !is_good;
        is_refused.then(|| with_body(403, r#"{"detail": "not yours"}"#))
    }

    fn fault_of_agent(&self, request: &Request) -> Option<Fault> {
        if self.is_good.load(Ordering::SeqCst) {
            return None;
        }
        let faults = [(BROKEN_AGENT, Fault::Broken), (HANGING_AGENT, Fault::Stall)];
        let fault = faults
            .iter()
            .find(|(agent, _)| request.line.contains(agent));
        fault.map(|(_, fault)| *fault)
    }
}

fn with_body(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn empty(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Answer\r\n{headers}content-length: 0\r\n\r\n")
}

/// Whether the other side has closed the connection.
fn is_gone(stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    Ok(!matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
}
