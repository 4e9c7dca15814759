//! An HTTP client that sends exactly the bytes of a test.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::LONG;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The body, which must be JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let content_type = self.header("content-type");
        assert_eq!(content_type, Some("application/json"), "{}", self.body);
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The detail of an error answer with this status.
    #[track_caller]
    pub fn detail(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()["detail"].clone()
    }

    /// The detail of an error answer with this status, which must be a text.
    #[track_caller]
    pub fn says(&self, status: u16, words: &str) {
        let detail = self.detail(status);
        let says = detail.as_str().expect("a text");
        assert!(says.contains(words), "{words:?} is not in {says:?}");
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends a request with these headers, `connection` and `content-length`, and no others.
#[track_caller]
pub fn send(to: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    try_send(to, line, headers, body).expect("an answer")
}

/// Like [`send`], with an error if the answer is not complete.
pub fn try_send(
    to: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut connection = TcpStream::connect(to)?;
    connection.set_read_timeout(Some(LONG))?;
    let mut request = format!(
        "{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    connection.write_all(request.as_bytes())?;
    connection.write_all(body)?;
    receive(connection)
}

/// Reads an answer to its end.
pub fn receive(mut connection: impl Read) -> io::Result<Answer> {
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "no whole answer");
    let answer = String::from_utf8(answer).map_err(io::Error::other)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let answer = Answer {
        status: status.ok_or_else(broken)?,
        head: head.to_owned(),
        body: body.to_owned(),
    };
    let length = answer.header("content-length");
    let length: Option<usize> = length.and_then(|length| length.parse().ok());
    match length.is_none_or(|length| length == answer.body.len()) {
        true => Ok(answer),
        false => Err(broken()),
    }
}

/// Sends any bytes. Returns the answer, or nothing if the connection was closed.
pub fn raw(to: SocketAddr, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(to).expect("a server");
    // The server may close the connection before it has read everything.
    let _ = connection.write_all(bytes);
    let _ = connection.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8(answer).expect("a text")
}
