//! Reports posted over many connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The agent and the body of a report.
pub type Report = (String, String);

/// The time to post this many reports over this many connections. `report` makes the report with a number.
pub fn reports(
    address: SocketAddr,
    connections: u32,
    count: u32,
    report: impl Fn(u32) -> Report + Copy + Send + Sync + 'static,
) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let workers: Vec<_> = (0..connections)
            .map(|worker| {
                let numbers = (worker..count).step_by(connections as usize);
                tokio::spawn(reporter(address, numbers.map(report)))
            })
            .collect();
        for worker in workers {
            worker.await.expect("a worker");
        }
        start.elapsed()
    })
}

async fn reporter(address: SocketAddr, reports: impl Iterator<Item = Report>) {
    let mut connection = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    connection.set_nodelay(true).expect("a socket");
    let mut answer = vec![0; 64 * 1024];
    for (agent, body) in reports {
        let request = format!(
            "POST /agent-execution/{agent}/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: any\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        let mut read = 0;
        loop {
            read += connection
                .read(&mut answer[read..])
                .await
                .expect("an answer");
            if complete(&answer[..read]) {
                break;
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

/// The body of a report, of 1.1 KB.
pub fn body(id: &str) -> String {
    let input = "Summarise what changed in the quarter and why it did. ".repeat(4);
    let result = "Revenue grew by a fifth, mostly in the north, and costs fell. ".repeat(4);
    format!(
        r#"{{"id":{id:?},"input":"{input}","llm_response":{{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"message":{{"role":"assistant","content":"{result}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":2140,"completion_tokens":380,"total_tokens":2520}}}},"tokens":{{"completion_tokens":380,"prompt_tokens":2140,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":2520}},"is_success":true,"result":"{result}","duration":4.7,"used_tools":["web_search","fetch_pdf"]}}"#
    )
}

/// Whether these bytes are a complete answer.
pub fn complete(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| {
            line.strip_prefix("content-length:")?
                .trim()
                .parse::<usize>()
                .ok()
        })
        .expect("an answer with a length");
    answer.len() >= end + 4 + length
}
