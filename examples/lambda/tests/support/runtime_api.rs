//! The Lambda Runtime API as a function's process sees it, over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// A timeout that only a bug reaches.
const LONG: Duration = Duration::from_secs(60);

/// One invocation of the function.
pub struct Invocation {
    pub request_id: String,
    pub deadline: SystemTime,
    pub event: Value,
}

/// The function's answer to an invocation.
#[derive(Debug)]
pub struct Answer {
    pub request_id: String,
    /// Whether it is an error.
    pub is_error: bool,
    pub body: Value,
    pub at: Instant,
}

/// The process waits until this is answered.
pub type Waiting<T> = oneshot::Sender<T>;

/// A request of the process.
enum Call {
    Next(Instant, Waiting<Invocation>),
    Answer(Answer, Waiting<()>),
    InitError(String),
}

/// The API of one function. Only its owner answers requests.
pub struct RuntimeApi {
    address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
}

type Calls = State<mpsc::UnboundedSender<Call>>;

impl RuntimeApi {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, calls) = mpsc::unbounded_channel();
        let invocation = "/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(sender);
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { address, calls }
    }

    /// The environment that Lambda gives a function's process.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "example".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "example".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "example".to_owned()),
        ]
    }

    /// Waits until the process asks for an invocation.
    pub async fn asked(&mut self) -> (Instant, Waiting<Invocation>) {
        match self.call().await {
            Call::Next(at, waiting) => (at, waiting),
            Call::Answer(answer, _) => panic!("answered twice: {answer:?}"),
            Call::InitError(error) => panic!("it does not start: {error}"),
        }
    }

    /// Waits until the process answers an invocation.
    pub async fn answered(&mut self) -> (Answer, Waiting<()>) {
        match self.call().await {
            Call::Answer(answer, waiting) => (answer, waiting),
            Call::Next(..) => panic!("it asks for the next invocation before it answers this one"),
            Call::InitError(error) => panic!("it does not start: {error}"),
        }
    }

    async fn call(&mut self) -> Call {
        let call = tokio::time::timeout(LONG, self.calls.recv()).await;
        call.expect("the process calls").expect("the server runs")
    }
}

async fn next(State(calls): Calls) -> Response {
    let (sender, invocation) = oneshot::channel();
    let _ = calls.send(Call::Next(Instant::now(), sender));
    let Ok(invocation) = invocation.await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = invocation.deadline.duration_since(UNIX_EPOCH).unwrap();
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:example";
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    let mut response = invocation.event.to_string().into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

async fn response(State(calls): Calls, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answer(&calls, id, false, &body).await
}

async fn error(
    State(calls): Calls,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    assert!(headers.contains_key("lambda-runtime-function-error-type"));
    answer(&calls, id, true, &body).await
}

async fn answer(
    calls: &mpsc::UnboundedSender<Call>,
    request_id: String,
    is_error: bool,
    body: &[u8],
) -> StatusCode {
    let (sender, taken) = oneshot::channel();
    let answer = Answer {
        request_id,
        is_error,
        body: serde_json::from_slice(body).unwrap(),
        at: Instant::now(),
    };
    let _ = calls.send(Call::Answer(answer, sender));
    match taken.await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}

async fn init_error(State(calls): Calls, body: String) -> StatusCode {
    let _ = calls.send(Call::InitError(body));
    StatusCode::ACCEPTED
}
