//! The cost of `CatchResponses` for the reader of responses: large bodies per second and the time to the first chunk,
//! compared with the same client without it. The worker reads the caught responses later, which is not measured here.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tower::{Service, ServiceBuilder, ServiceExt};
use xpander_report::testing::Recorder;
use xpander_report::{CatchResponses, external_task};
use xpander_report_benches::{Candidate, measure, ratio};

const ROUNDS: u32 = 41;
const LARGE: usize = 8 << 20;
/// How many answers of each size one round reads.
const BODIES: u32 = 2;
const FIRST_CHUNKS: u32 = 200;

/// An event of a stream, as long as OpenAI's are.
const EVENT: &str = "data: {\"id\":\"chatcmpl-BkXr6mZ0sDqEvYfJwTtN4cPz\",\"object\":\"chat.completion.chunk\",\
     \"created\":1750431192,\"model\":\"gpt-4.1-2025-04-14\",\"service_tier\":\"default\",\"system_fingerprint\":\
     \"fp_51e1070cf2\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" connection\"},\"logprobs\":null,\
     \"finish_reason\":null}],\"usage\":null}\n\n";

/// Answers `/events` with a long stream, `/json` with a long text, and `/first` with one event.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answers = [
        ("/events", events(LARGE / EVENT.len())),
        ("/json", json()),
        ("/first", events(1)),
    ];
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answers = answers.clone();
            thread::spawn(move || serve(stream.expect("a connection"), &answers));
        }
    });
    url
}

fn serve(mut stream: TcpStream, answers: &[(&str, Vec<u8>)]) {
    stream.set_nodelay(true).expect("a socket");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
        let path = line.split(' ').nth(1).expect("a path").to_owned();
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).expect("a header");
        }
        line.clear();
        let (_, answer) = answers
            .iter()
            .find(|(name, _)| *name == path)
            .expect("a known path");
        stream.write_all(answer).expect("a reader");
    }
}

fn events(count: usize) -> Vec<u8> {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let event = format!("{:x}\r\n{EVENT}\r\n", EVENT.len());
    format!("{head}{}0\r\n\r\n", event.repeat(count)).into_bytes()
}

fn json() -> Vec<u8> {
    let text = "All work and no play. ".repeat(LARGE / 22);
    let body =
        format!(r#"{{"choices":[{{"message":{{"role":"assistant","content":"{text}"}}}}]}}"#);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Reads the whole answer. Returns the time to the first chunk.
#[external_task(skip_all)]
async fn read<S>(client: S, request: reqwest::Request) -> Duration
where
    S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error>,
{
    let start = Instant::now();
    let mut answer = client.oneshot(request).await.expect("an answer");
    answer.chunk().await.expect("a body");
    let first = start.elapsed();
    while answer.chunk().await.expect("a body").is_some() {}
    first
}

/// The measured quantity of an answer.
#[derive(Clone, Copy)]
enum Time {
    All,
    First,
}

fn run<S>(runtime: &Runtime, client: &S, url: &str, count: u32, time: Time) -> Duration
where
    S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error> + Clone,
{
    let recorder = Recorder::new();
    let mut sum = Duration::ZERO;
    for _ in 0..count {
        let url = url.parse().expect("an address");
        let request = reqwest::Request::new(reqwest::Method::GET, url);
        let start = Instant::now();
        let first = runtime.block_on(recorder.scope(read(client.clone(), request)));
        sum += match time {
            Time::All => start.elapsed(),
            Time::First => first,
        };
        if matches!(time, Time::All) {
            recorder.take();
        }
    }
    sum
}

fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("the only provider");
    let url = server();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let plain = reqwest::Client::builder().no_proxy();
    let plain = plain.build().expect("a client");
    let layer = CatchResponses::new();
    let caught = ServiceBuilder::new().layer(layer).service(plain.clone());

    println!(
        "{:<38} {:>12} {:>12} {:>10}",
        "", "without", "with", "ratio"
    );
    for (what, path, count, time) in [
        (
            "8 MiB of events, a chunk each",
            "/events",
            BODIES,
            Time::All,
        ),
        ("8 MiB of JSON", "/json", BODIES, Time::All),
        (
            "time to the first chunk",
            "/first",
            FIRST_CHUNKS,
            Time::First,
        ),
    ] {
        let url = format!("{url}{path}");
        let mut candidates = [
            Candidate::new("without", |count| run(&runtime, &plain, &url, count, time)),
            Candidate::new("with", |count| run(&runtime, &caught, &url, count, time)),
        ];
        let times = measure(&mut candidates, ROUNDS, count);
        let shown = |spent: Duration| match time {
            Time::All => {
                let mebibytes = f64::from(u32::try_from(LARGE >> 20).unwrap_or(u32::MAX));
                format!("{:.0} MiB/s", mebibytes / spent.as_secs_f64())
            }
            Time::First => format!("{:.1} µs", spent.as_secs_f64() * 1e6),
        };
        let ratio = match time {
            Time::All => ratio(times[0], times[1]),
            Time::First => ratio(times[1], times[0]),
        };
        let (without, with) = (shown(times[0]), shown(times[1]));
        println!("{what:<38} {without:>12} {with:>12} {ratio:>10.2}");
    }
}
