//! Answers that are not copied.

use xpander_report::testing::Recorder;
use xpander_report::{Stats, external_task};
use xpander_report_tests::provider::{TOKENS, chunk, completion, head};
use xpander_report_tests::server::{Answer, Server};

use crate::clients::get;
use crate::{only, raw, record};

const MEBIBYTE: usize = 1 << 20;

#[external_task(skip_all)]
async fn read(server: &Server, times: usize) -> usize {
    let mut length = 0;
    for _ in 0..times {
        let answer = get(server.url()).await.expect("an answer");
        length += answer.bytes().await.expect("a body").len();
    }
    length
}

/// A response of about this many bytes.
fn long(length: usize) -> String {
    completion("chatcmpl-1", &"a".repeat(length)).to_string()
}

/// The length of the received response, and the reporter's count of oversized ones.
async fn read_counting(server: &Server, times: usize) -> (usize, Stats, bool) {
    let recorder = Recorder::new();
    let length = recorder.scope(read(server, times)).await;
    let stats = recorder.reporter().stats();
    (length, stats, recorder.take()[0].tokens.is_some())
}

#[tokio::test]
async fn a_response_that_is_too_long_passes_unread_and_is_counted() {
    let short = long(15 * MEBIBYTE);
    let server = Server::always(Answer::json(200, &*short));
    let (length, stats, is_read) = read_counting(&server, 1).await;
    assert_eq!((length, stats.oversized, is_read), (short.len(), 0, true));

    let long = long(16 * MEBIBYTE);
    let server = Server::always(Answer::json(200, &*long));
    let (length, stats, is_read) = read_counting(&server, 1).await;
    assert_eq!((length, stats.oversized, is_read), (long.len(), 1, false));

    let expected = long.len();
    let server = Server::always(Answer::written(move |to| {
        head(to, "application/json")?;
        let mut pieces = long.as_bytes().chunks(MEBIBYTE);
        pieces.try_for_each(|piece| chunk(to, piece))?;
        std::io::Write::write_all(to, b"0\r\n\r\n")
    }));
    let (length, stats, is_read) = read_counting(&server, 1).await;
    assert_eq!((length, stats.oversized, is_read), (expected, 1, false));
}

#[tokio::test]
async fn a_run_keeps_64_mebibytes_and_no_more() {
    let answer = long(13 * MEBIBYTE);
    let server = Server::always(Answer::json(200, &*answer));
    let (length, stats, is_read) = read_counting(&server, 7).await;
    assert_eq!(
        (length, stats.oversized, is_read),
        (7 * answer.len(), 3, true)
    );
}

#[tokio::test]
async fn an_answer_without_success_is_not_read() {
    for status in [304, 400, 500] {
        let server = Server::always(Answer::json(status, completion("a", "Rain.").to_string()));
        let (_, reports) = record(read(&server, 1)).await;
        assert_eq!(only(&reports).tokens, None, "{status}");
    }
    for status in [200, 201, 202] {
        let server = Server::always(Answer::json(status, completion("a", "Rain.").to_string()));
        let (_, reports) = record(read(&server, 1)).await;
        assert_eq!(only(&reports).tokens, Some(TOKENS), "{status}");
    }
}

#[tokio::test]
async fn what_is_clearly_no_text_is_not_read() {
    let answer = |content_type: &str| {
        let headers = vec![("content-type", content_type.to_owned())];
        Answer::Http(200, headers, completion("a", "Rain.").to_string())
    };
    for content_type in [
        "image/png",
        "audio/mpeg",
        "Video/MP4",
        "font/woff2",
        "application/octet-stream",
        "Application/Octet-Stream; a=b",
    ] {
        let server = Server::always(answer(content_type));
        let (_, reports) = record(read(&server, 1)).await;
        assert_eq!(raw(only(&reports)), None, "{content_type}");
    }
    for content_type in [
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-ndjson",
        "application/vnd.amazon.eventstream",
        "nonsense",
        "",
    ] {
        let server = Server::always(answer(content_type));
        let (_, reports) = record(read(&server, 1)).await;
        assert_eq!(only(&reports).tokens, Some(TOKENS), "{content_type}");
    }
    let bare = Answer::Http(200, Vec::new(), completion("a", "Rain.").to_string());
    let (_, reports) = record(read(&Server::always(bare), 1)).await;
    assert_eq!(only(&reports).tokens, Some(TOKENS));
}

#[tokio::test]
async fn what_nobody_decoded_is_not_read() {
    let answer = Answer::json(200, completion("a", "Rain.").to_string());
    let server = Server::always(answer.clone().header("content-encoding", "aws-chunked"));
    let (_, reports) = record(read(&server, 1)).await;
    assert_eq!(raw(only(&reports)), None);
    let server = Server::always(answer.header("content-encoding", "identity"));
    let (_, reports) = record(read(&server, 1)).await;
    assert_eq!(only(&reports).tokens, Some(TOKENS));
}
