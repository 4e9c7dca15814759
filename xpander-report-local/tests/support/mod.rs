//! A client that sends exactly the bytes of a test.

pub(crate) mod sdk;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use xpander_report_local::LocalPlatform;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{}",
            self.body
        );
        serde_json::from_str(&self.body).unwrap()
    }

    /// The detail of an error answer with this status.
    #[track_caller]
    pub(crate) fn detail(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.json()["detail"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub(crate) fn platform() -> LocalPlatform {
    LocalPlatform::builder().port(0).start().unwrap()
}

/// Sends a request with these headers, `connection` and `content-length`, and no others.
pub(crate) fn send(
    platform: &LocalPlatform,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut connection = TcpStream::connect(platform.address()).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut request = format!(
        "{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    connection.write_all(body).unwrap();
    receive(connection)
}

/// Reads an answer to its end.
pub(crate) fn receive(mut connection: TcpStream) -> Answer {
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

const KEY: (&str, &str) = ("x-api-key", "any");
const HOST: (&str, &str) = ("host", "localhost");

pub(crate) fn get(platform: &LocalPlatform, path: &str) -> Answer {
    send(platform, &format!("GET {path}"), &[HOST, KEY], b"")
}

pub(crate) fn post(platform: &LocalPlatform, path: &str, body: &str) -> Answer {
    send(
        platform,
        &format!("POST {path}"),
        &[HOST, KEY],
        body.as_bytes(),
    )
}

/// Reports to the agent `a` and returns the task.
#[track_caller]
pub(crate) fn report(platform: &LocalPlatform, body: &str) -> Value {
    let answer = post(platform, "/agent-execution/a/report_task", body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub(crate) fn patch(platform: &LocalPlatform, path: &str, body: &str) -> Answer {
    send(
        platform,
        &format!("PATCH {path}"),
        &[HOST, KEY],
        body.as_bytes(),
    )
}
