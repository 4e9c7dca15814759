//! How long a client may keep the server waiting, and how many connections and bytes all clients may have.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{get, post, receive, report};
use serde_json::json;
use xpander_report_local::{Builder, LocalPlatform};

const HALF_A_HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-begun: ";
const SOON: Duration = Duration::from_millis(50);

fn platform(settings: impl FnOnce(Builder) -> Builder) -> LocalPlatform {
    settings(LocalPlatform::builder().port(0)).start().unwrap()
}

fn connect(platform: &LocalPlatform, bytes: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(platform.address()).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    connection.write_all(bytes).unwrap();
    connection
}

/// Reads until the server closes the connection, and fails if it does not.
#[track_caller]
fn rest(connection: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    if let Err(error) = connection.read_to_end(&mut rest) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    rest
}

/// Sends the head of a report and the start of its body, once the server has asked for it.
fn begin_report(platform: &LocalPlatform, length: usize, start: &[u8]) -> TcpStream {
    let head = format!(
        "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
         connection: close\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut connection = connect(platform, head.as_bytes());
    let mut interim = [0; 25];
    connection.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write_all(start).unwrap();
    connection
}

#[test]
fn a_head_that_does_not_arrive_ends_the_connection() {
    let platform = platform(|builder| builder.client_timeout(SOON));
    for start in [b"", HALF_A_HEAD] {
        assert_eq!(rest(&mut connect(&platform, start)), b"");
    }
    report(&platform, "{}");
}

#[test]
fn a_connection_without_a_next_request_ends() {
    let platform = platform(|builder| builder.client_timeout(SOON));
    let mut connection = connect(
        &platform,
        b"GET /agents/list HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\r\n",
    );
    let answer = rest(&mut connection);
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_body_that_does_not_arrive_is_answered_and_ends_the_connection() {
    let platform = platform(|builder| builder.client_timeout(SOON));
    let connection = begin_report(&platform, 99, b"{");
    let detail = receive(connection).detail(408);
    assert_eq!(detail, "The body did not arrive: nothing came for 0.05 s.");
    assert_eq!(platform.tasks().unwrap(), []);
}

#[test]
fn an_answer_that_nobody_takes_makes_room_for_another_connection() {
    let platform = platform(|builder| builder.max_connections(1));
    let long = "x".repeat(30_000_000);
    report(&platform, &json!({"id": "t", "result": long}).to_string());
    let mut idle = connect(
        &platform,
        b"GET /tasks/t/result HTTP/1.1\r\nhost: localhost\r\n\r\n",
    );
    let mut start = [0; 15];
    idle.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    // The server accepts one connection.
    assert_eq!(get(&platform, "/agents/list").status, 200);
    assert!(rest(&mut idle).len() < long.len());
}

#[test]
fn a_new_connection_takes_the_place_of_the_one_that_is_idle_the_longest() {
    let platform = platform(|builder| builder.max_connections(3));
    let mut oldest = connect(&platform, HALF_A_HEAD);
    let mut second = connect(&platform, HALF_A_HEAD);
    let third = connect(&platform, b"");
    report(&platform, "{}");
    assert_eq!(rest(&mut oldest), b"");

    second.write_all(b"\r\nconnection: close\r\n\r\n").unwrap();
    assert_eq!(receive(second).status, 200);
    drop(third);
}

#[test]
fn a_request_in_progress_keeps_its_place() {
    let platform = platform(|builder| builder.max_connections(2));
    let mut working = begin_report(&platform, 2, b"{");
    let mut idle = connect(&platform, HALF_A_HEAD);
    for _ in 0..3 {
        report(&platform, "{}");
    }
    assert_eq!(rest(&mut idle), b"");
    working.write_all(b"}").unwrap();
    assert_eq!(receive(working).status, 200);
}

#[test]
fn hundreds_of_connections_that_send_nothing_keep_nobody_out() {
    let platform = platform(|builder| builder.max_connections(16));
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(&platform, HALF_A_HEAD)).collect();
    report(&platform, "{}");
    assert_eq!(get(&platform, "/").status, 200);
    drop(silent);
}

#[test]
fn a_body_for_which_there_is_no_room_is_to_come_back() {
    let platform = platform(|builder| builder.max_bodies(1000));
    let body = json!({"input": "x".repeat(1000)}).to_string();
    let refused = post(&platform, "/agent-execution/a/report_task", &body);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let detail = refused.detail(503);
    assert!(
        detail.as_str().unwrap().contains("large bodies"),
        "{detail}"
    );
    for _ in 0..3 {
        report(&platform, &json!({"input": "x".repeat(500)}).to_string());
    }
}
