//! The caller sees the same as without the middleware.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::io::Write;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use proptest::prelude::*;
use smol::block_on;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use xpander_report::{CatchResponses, external_task};
use xpander_report_tests::provider::{TOKENS, completion};
use xpander_report_tests::server::{Answer, Server};

use crate::clients::{get, plain, with_middleware};
use crate::{only, raw, record};

/// The results of polling a body.
#[derive(Debug, Clone)]
enum Step {
    Data(Vec<u8>),
    Trailers(&'static str),
    Waits,
    Breaks(&'static str),
}

#[derive(Debug, Clone)]
struct Scripted {
    steps: VecDeque<Step>,
    is_sized: bool,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = match self.steps.pop_front() {
            None => None,
            Some(Step::Data(data)) => Some(Ok(Frame::data(Bytes::from(data)))),
            Some(Step::Trailers(value)) => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-trailer", HeaderValue::from_static(value));
                Some(Ok(Frame::trailers(trailers)))
            }
            Some(Step::Breaks(why)) => Some(Err(io::Error::other(why))),
            Some(Step::Waits) => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let lengths = self.steps.iter().map(|step| match step {
            Step::Data(data) => data.len() as u64,
            _ => 0,
        });
        if self.is_sized {
            SizeHint::with_exact(lengths.sum())
        } else {
            SizeHint::default()
        }
    }
}

/// All observable properties of a body.
async fn watch<B: Body<Data = Bytes, Error: ToString>>(body: B) -> Vec<String> {
    let mut body = pin!(body);
    let mut seen = Vec::new();
    loop {
        let hint = body.size_hint();
        seen.push(format!(
            "{} to {:?}, at its end: {}",
            hint.lower(),
            hint.upper(),
            body.is_end_stream()
        ));
        let polled = poll_fn(|context| Poll::Ready(body.as_mut().poll_frame(context))).await;
        seen.push(match polled {
            Poll::Pending => "waits".to_owned(),
            Poll::Ready(None) => return seen,
            Poll::Ready(Some(Err(error))) => error.to_string(),
            Poll::Ready(Some(Ok(frame))) => format!("{frame:?}"),
        });
    }
}

#[external_task(skip_all)]
async fn watch_in_run(body: Scripted) -> Vec<String> {
    let service =
        service_fn(|body: Scripted| async { Ok::<_, Infallible>(http::Response::new(body)) });
    let layer = CatchResponses::new();
    let service = ServiceBuilder::new().layer(layer).service(service);
    let answer = service.oneshot(body).await;
    watch(answer.unwrap().into_body()).await
}

/// A response in pieces of these lengths.
fn pieces(lengths: &[usize]) -> Vec<Vec<u8>> {
    let whole = completion("chatcmpl-1", "Rain until noon, then sun.").to_string();
    let mut rest = whole.as_bytes();
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, others) = rest.split_at((*length).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = others;
    }
    pieces.push(rest.to_vec());
    pieces
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let data = proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Data);
    let step = prop_oneof![
        8 => data,
        2 => Just(Step::Waits),
        1 => Just(Step::Trailers("a")),
        1 => Just(Step::Breaks("cut")),
    ];
    proptest::collection::vec(step, 0..20)
}

proptest! {
    #[test]
    fn whatever_a_body_does_is_passed_on(steps in steps(), is_sized: bool) {
        let body = Scripted { steps: steps.into(), is_sized };
        let without = block_on(watch(body.clone()));
        prop_assert_eq!(&block_on(watch_in_run(body.clone())), &without);
        let (with, _) = block_on(record(watch_in_run(body)));
        prop_assert_eq!(with, without);
    }

    #[test]
    fn whatever_the_pieces_the_response_is_the_same(
        lengths in proptest::collection::vec(0_usize..200, 0..12),
        is_sized: bool,
    ) {
        let pieces = pieces(&lengths);
        let whole = pieces.concat();
        let steps = pieces.into_iter().map(Step::Data).collect();
        let (_, reports) = block_on(record(watch_in_run(Scripted { steps, is_sized })));
        prop_assert_eq!(raw(only(&reports)).map(str::as_bytes), Some(&*whole));
        prop_assert_eq!(only(&reports).tokens, Some(TOKENS));
    }
}

/// All observable properties of an answer of `reqwest`.
async fn look(answer: reqwest::Response) -> (String, Vec<u8>, Vec<String>) {
    let mut headers = answer.headers().clone();
    headers.remove("date");
    let head = format!(
        "{} {:?} {} {headers:?} {:?} {:?}",
        answer.url(),
        answer.version(),
        answer.status(),
        answer.content_length(),
        answer.remote_addr(),
    );
    let body = reqwest::Body::from(answer);
    let mut body = pin!(body);
    let (mut data, mut trailers) = (Vec::new(), Vec::new());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.expect("a frame");
        match frame.into_data() {
            Ok(more) => data.extend_from_slice(&more),
            Err(other) => trailers.push(format!("{other:?}")),
        }
    }
    (head, data, trailers)
}

#[tokio::test]
async fn bytes_head_url_and_trailers_are_the_same() {
    #[external_task(skip_all)]
    async fn with_layer(url: String) -> reqwest::Result<(String, Vec<u8>, Vec<String>)> {
        Ok(look(get(url).await?).await)
    }
    #[external_task(skip_all)]
    async fn with_the_other(url: String) -> (String, Vec<u8>, Vec<String>) {
        look(with_middleware().get(url).send().await.unwrap()).await
    }
    let chunked = |to: &mut std::net::TcpStream| {
        to.write_all(b"HTTP/1.1 201 Made\r\nx-a: 1\r\nx-a: 2\r\nX-Bytes: \xff\xfe\r\n")?;
        to.write_all(b"connection: close\r\ncontent-type: text/event-stream\r\n")?;
        to.write_all(b"trailer: x-trailer\r\n")?;
        to.write_all(b"transfer-encoding: chunked\r\n\r\n5\r\ndata:\r\n4\r\n {}\n\r\n")?;
        to.write_all(b"0\r\nx-trailer: last\r\n\r\n")
    };
    let redirect = Server::start(|_, request| match &*request.line {
        "GET /there" => Answer::json(200, "{}"),
        _ => Answer::json(307, "").header("location", "/there"),
    });
    let servers = [
        Server::always(Answer::json(200, completion("a", "Rain.").to_string())),
        Server::always(Answer::json(404, "{}")),
        Server::always(Answer::written(chunked)),
        redirect,
        Server::always(Answer::Http(204, Vec::new(), String::new())),
    ];
    for server in servers {
        let url = server.url();
        let without = look(plain().get(&url).send().await.unwrap()).await;
        let (with, _) = record(with_layer(url.clone())).await;
        assert_eq!(with.unwrap(), without);
        let (with, _) = record(with_the_other(url)).await;
        assert_eq!(with, without);
    }
}
