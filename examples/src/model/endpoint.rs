//! The embedded endpoint.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::completion::ChatCompletion;
use super::error::ApiError;
use super::generation::Writing;
use super::request::ChatRequest;
use super::streaming;

/// The model that answers immediately.
pub const MODEL: &str = "extractive-1";

/// The model that generates a token every [`PACE`] and answers when it is done, unless its answer is
/// streamed, as a slow model would. Its answers are those of [`MODEL`].
pub const SLOW_MODEL: &str = "extractive-slow";

/// How long [`SLOW_MODEL`] takes for a token of its answer.
pub const PACE: Duration = Duration::from_millis(50);

/// The most tokens a prompt and its answer may have.
pub const CONTEXT_WINDOW: u64 = 8_000;

/// The largest body read, in bytes. It holds far more than [`CONTEXT_WINDOW`], so that a prompt
/// which is too long fails as a prompt.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// A language model's endpoint on this machine, speaking OpenAI's chat protocol over HTTP.
///
/// `POST /v1/chat/completions` answers with a [summary](crate::summary) of the text of the last
/// user message and with the [tokens](crate::tokens) it took. It needs a bearer token but takes
/// any. Whatever is wrong with a request is answered with an error in OpenAI's form; among them
/// are a prompt longer than [`CONTEXT_WINDOW`], and a model other than [`MODEL`] and [`SLOW_MODEL`].
///
/// With `stream` it answers token by token, as server-sent events.
///
/// When the request offers tools, it calls those that the last user message names, or else the one whose description
/// fits best, with the arguments that the message gives. It answers the tools' results with a text made of them.
///
/// It listens until it is dropped. Requests in progress are then answered to the end.
#[derive(Debug)]
pub struct ModelEndpoint {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    /// Dropping it stops the server.
    _running: oneshot::Sender<()>,
}

impl ModelEndpoint {
    /// Starts an endpoint on a free port of 127.0.0.1, on the current tokio runtime.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let (running, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router(Arc::clone(&requests)));
        let server = server.with_graceful_shutdown(async {
            // Nothing is sent over it. It ends when the sender is dropped.
            let _ = stopped.await;
        });
        tokio::spawn(server.into_future());
        Ok(Self {
            address,
            requests,
            _running: running,
        })
    }

    /// The base URL to give to a client: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The number of requests for a completion so far, successful or not.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

fn router(requests: Arc<AtomicU64>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(requests)
}

async fn complete(
    State(requests): State<Arc<AtomicU64>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    requests.fetch_add(1, Ordering::Relaxed);
    authorize(&headers)?;
    let body = body.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let request = ChatRequest::parse(&body)?;
    let prompt_tokens = request.prompt_tokens()?;
    let pace = if request.model == SLOW_MODEL {
        PACE
    } else {
        Duration::ZERO
    };
    let limit = request.limit(prompt_tokens);
    let writing = Writing::new(request.turn(), limit, pace);
    if request.is_streamed() {
        return Ok(streaming::answer(&request, prompt_tokens, writing).into_response());
    }
    let completion = ChatCompletion::new(request, prompt_tokens, writing).await;
    Ok(Json(completion).into_response())
}

/// Requires a key. Any key is accepted.
fn authorize(headers: &HeaderMap) -> Result<(), ApiError> {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    // A header's value has no space at its end, so that what follows the one here is a key.
    if authorization.is_some_and(|value| value.starts_with("Bearer ")) {
        return Ok(());
    }
    let message = "You didn't provide an API key. You need to provide it in an Authorization \
                   header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, message))
}

async fn unknown(method: Method, uri: Uri) -> ApiError {
    let message = format!("Invalid URL ({method} {})", uri.path());
    ApiError::new(StatusCode::NOT_FOUND, message).code("unknown_url")
}

async fn not_allowed(method: Method) -> ApiError {
    let message = format!("Not allowed to {method} on this URL. Try POST.");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message).code("method_not_supported")
}
