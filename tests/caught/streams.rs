//! Answers in pieces, and incomplete answers.

use std::error::Error;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use xpander_report::{TaskReport, current_task, external_task};
use xpander_report_tests::provider::{Gate, TOKENS, chunk, completion, events, head, streaming};
use xpander_report_tests::server::{Answer, Server};

use crate::clients::{get, plain};
use crate::{only, raw, record};

const TEXT: &str = "Rain until noon, then sun.";

#[external_task(skip_all)]
async fn read(url: String) -> reqwest::Result<String> {
    get(url).await?.text().await
}

fn assert_whole(report: &TaskReport) {
    assert_eq!(report.tokens, Some(TOKENS));
    assert!(raw(report).unwrap().contains(TEXT));
}

#[tokio::test]
async fn a_chunk_may_be_a_single_byte() {
    let events = events("chatcmpl-1", TEXT).concat();
    let server = streaming(events.bytes().map(|byte| vec![byte]).collect());
    let (text, reports) = record(read(server.url())).await;
    assert_eq!(text.unwrap(), events);
    assert_whole(only(&reports));
}

#[tokio::test]
async fn every_border_between_two_chunks_will_do() {
    let events = events("chatcmpl-1", TEXT).concat();
    let sent = events.clone();
    let server = Server::start(move |before, _| {
        let (one, other) = sent.as_bytes().split_at(before + 1);
        let (one, other) = (one.to_vec(), other.to_vec());
        Answer::written(move |to| {
            head(to, "text/event-stream")?;
            chunk(to, &one)?;
            chunk(to, &other)?;
            to.write_all(b"0\r\n\r\n")
        })
    });
    for _ in 1..events.len() {
        let (text, reports) = record(read(server.url())).await;
        assert_eq!(text.unwrap(), events);
        assert_whole(only(&reports));
    }
}

#[tokio::test]
async fn a_compressed_stream_is_read_as_the_client_decodes_it() {
    let events = events("chatcmpl-1", TEXT).concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(events.as_bytes()).unwrap();
    let compressed = encoder.finish().unwrap();
    let server = Server::always(Answer::written(move |to| {
        to.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n")?;
        to.write_all(b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
        compressed
            .chunks(7)
            .try_for_each(|piece| chunk(to, piece))?;
        to.write_all(b"0\r\n\r\n")
    }));
    let (text, reports) = record(read(server.url())).await;
    assert_eq!(text.unwrap(), events);
    assert_whole(only(&reports));
}

/// The text of an error with its causes.
fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut error = error;
    while let Some(cause) = error.source() {
        causes.push(cause.to_string());
        error = cause;
    }
    causes
}

#[tokio::test]
async fn a_connection_that_is_cut_gives_the_same_error_and_a_report_of_what_came() {
    let events = events("chatcmpl-1", TEXT);
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        for event in &events[..3] {
            chunk(to, event.as_bytes())?;
        }
        let (begun, _) = events[3].split_at(20);
        chunk(to, begun.as_bytes())
    }));
    let without = plain().get(server.url()).send().await.unwrap();
    let without = without.text().await.unwrap_err();
    let (with, reports) = record(read(server.url())).await;
    let with = with.unwrap_err();

    assert_eq!(with.to_string(), without.to_string());
    assert_eq!(with.url(), without.url());
    let kinds = |error: &reqwest::Error| {
        [
            error.is_decode(),
            error.is_body(),
            error.is_connect(),
            error.is_timeout(),
            error.is_request(),
        ]
    };
    assert_eq!(kinds(&with), kinds(&without));
    let (with, mut without) = (causes(&with), causes(&without));
    // `reqwest` names its own layers. All other causes are still there, in their order.
    without.retain(|cause| !with.contains(cause));
    assert_eq!(without, [""; 0]);

    let report = only(&reports);
    assert_eq!(report.is_success, Some(false));
    assert!(raw(report).unwrap().contains("Rain until"));
    assert_eq!(report.tokens, None);
}

#[tokio::test]
async fn the_first_chunk_is_there_before_the_second_is_sent() {
    #[external_task(skip_all)]
    async fn read_slowly(url: String, gate: &Gate) -> String {
        let mut pieces = get(url).await.expect("an answer").bytes_stream();
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await {
            all.extend_from_slice(&piece.expect("a piece"));
            if all.ends_with(b"\n\n") {
                // The next piece is sent only now.
                gate.open();
            }
        }
        String::from_utf8(all).expect("text")
    }
    let gate = Gate::default();
    let events = events("chatcmpl-1", TEXT);
    let (sent, waits) = (events.clone(), gate.clone());
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        for event in &sent {
            chunk(to, event.as_bytes())?;
            waits.wait();
        }
        to.write_all(b"0\r\n\r\n")
    }));
    let (text, reports) = record(read_slowly(server.url(), &gate)).await;
    assert_eq!(text, events.concat());
    assert_whole(only(&reports));
}

#[tokio::test]
async fn a_consumer_may_drop_a_stream_half_way() {
    #[external_task(skip_all)]
    async fn read_some(url: String) -> usize {
        let mut pieces = get(url).await.expect("an answer").bytes_stream();
        let mut length = 0;
        while length < 700 {
            let piece = pieces.next().await.expect("more").expect("a piece");
            length += piece.len();
        }
        length
    }
    let gate = Gate::default();
    let events = events("chatcmpl-1", TEXT);
    let waits = gate.clone();
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        for event in &events[..4] {
            chunk(to, event.as_bytes())?;
        }
        waits.wait();
        Ok(())
    }));
    let (length, reports) = record(read_some(server.url())).await;
    gate.open();
    assert!(length >= 700);
    let report = only(&reports);
    assert_eq!(report.is_success, Some(true));
    assert!(raw(report).unwrap().contains("Rain until"));
    assert!(!raw(report).unwrap().contains("then sun"));
}

#[tokio::test]
async fn a_function_that_is_cancelled_has_what_came() {
    #[external_task(skip_all)]
    async fn read_on(url: String, came: mpsc::Sender<()>) {
        let mut pieces = get(url).await.expect("an answer").bytes_stream();
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await {
            all.extend_from_slice(&piece.expect("a piece"));
            if String::from_utf8_lossy(&all).contains("until") {
                came.send(()).await.expect("a test that waits");
            }
        }
    }
    let gate = Gate::default();
    let events = events("chatcmpl-1", TEXT);
    let waits = gate.clone();
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        for event in &events[..3] {
            chunk(to, event.as_bytes())?;
        }
        waits.wait();
        Ok(())
    }));
    let (came, mut seen) = mpsc::channel(8);
    let ((), reports) = record(async {
        tokio::select! {
            () = read_on(server.url(), came) => {}
            _ = seen.recv() => {}
        }
    })
    .await;
    gate.open();
    let report = only(&reports);
    assert_eq!(report.is_success, Some(false));
    assert!(report.result.as_deref().unwrap().starts_with("cancelled"));
    assert!(raw(report).unwrap().contains("Rain until"));
}

#[tokio::test]
async fn a_report_of_progress_has_what_came_by_then() {
    #[external_task(skip_all)]
    async fn read(url: String, gate: &Gate) {
        let mut pieces = get(url).await.expect("an answer").bytes_stream();
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await {
            all.extend_from_slice(&piece.expect("a piece"));
            if all.ends_with(b"\n\n") && String::from_utf8_lossy(&all).contains("until") {
                current_task().progress();
                gate.open();
                break;
            }
        }
        while pieces.next().await.is_some() {}
    }
    let gate = Gate::default();
    let events = events("chatcmpl-1", TEXT);
    let waits = gate.clone();
    let server = Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        let (begun, rest) = events.split_at(3);
        chunk(to, begun.concat().as_bytes())?;
        waits.wait();
        chunk(to, rest.concat().as_bytes())?;
        to.write_all(b"0\r\n\r\n")
    }));
    let ((), reports) = record(read(server.url(), &gate)).await;
    let [progress, end] = &reports[..] else {
        panic!("two reports: {reports:#?}")
    };
    assert_eq!(progress.id, end.id);
    assert!(raw(progress).unwrap().contains("Rain until"));
    assert!(!raw(progress).unwrap().contains("noon"));
    assert_whole(end);
}

mod that_a_function_returns {
    use super::*;

    #[external_task(skip_all)]
    async fn pieces(url: String) -> reqwest::Result<impl Stream<Item = reqwest::Result<String>>> {
        let pieces = get(url).await?.bytes_stream();
        Ok(pieces.map(|piece| Ok(String::from_utf8_lossy(&piece?).into_owned())))
    }

    #[tokio::test]
    async fn belong_to_its_run_until_they_end() {
        let events = events("chatcmpl-1", TEXT);
        let server = streaming(events.iter().cloned().map(String::into_bytes).collect());
        let (text, reports) = record(async {
            let pieces = pieces(server.url()).await.unwrap();
            pieces.map(Result::unwrap).collect::<String>().await
        })
        .await;
        assert_eq!(text, events.concat());
        assert_whole(only(&reports));
    }

    #[tokio::test]
    async fn are_reported_as_far_as_they_came_when_dropped() {
        let gate = Gate::default();
        let events = events("chatcmpl-1", TEXT);
        let waits = gate.clone();
        let server = Server::always(Answer::written(move |to| {
            head(to, "text/event-stream")?;
            for event in &events[..3] {
                chunk(to, event.as_bytes())?;
            }
            waits.wait();
            Ok(())
        }));
        let ((), reports) = record(async {
            let mut pieces = Box::pin(pieces(server.url()).await.unwrap());
            let mut text = String::new();
            while !text.contains("until") {
                text += &pieces.next().await.unwrap().unwrap();
            }
        })
        .await;
        gate.open();
        let report = only(&reports);
        assert_eq!(report.is_success, Some(false));
        assert!(raw(report).unwrap().contains("Rain until"));
    }
}

#[tokio::test]
async fn a_plain_answer_that_is_cut_says_nothing() {
    let answer = completion("chatcmpl-1", TEXT).to_string();
    let server = Server::always(Answer::written(move |to| {
        head(to, "application/json")?;
        chunk(to, &answer.as_bytes()[..200])
    }));
    let (text, reports) = record(read(server.url())).await;
    assert!(text.unwrap_err().is_decode());
    assert_eq!(raw(only(&reports)), None);
}
