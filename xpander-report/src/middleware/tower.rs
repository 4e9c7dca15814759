use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::CatchResponses;
use super::body::CaughtBody;
use super::reqwest::text_of;
use crate::run::handle::{TaskHandle, current_task};

impl<S> Layer<S> for CatchResponses {
    type Service = Catching<S>;

    fn layer(&self, inner: S) -> Catching<S> {
        Catching { inner }
    }
}

/// A service that adds its answers to the run that makes the request; see [`CatchResponses`].
///
/// ```
/// use std::convert::Infallible;
/// use http_body_util::BodyExt;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use xpander_report::{CatchResponses, Tokens, external_task, testing::Recorder};
///
/// // In place of a client that asks over the network.
/// async fn provider(question: &str) -> Result<http::Response<String>, Infallible> {
///     let usage = r#"{"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}"#;
///     let choices = r#"[{"index": 0, "message": {"role": "assistant", "content": "Yes."}}]"#;
///     let answer = format!(r#"{{"choices": {choices}, "usage": {usage}}}"#);
///     Ok(http::Response::new(answer))
/// }
///
/// #[external_task]
/// async fn length_of_answer(question: &'static str) -> usize {
///     let client = ServiceBuilder::new()
///         .layer(CatchResponses::new())
///         .service(service_fn(provider));
///     let answer = client.oneshot(question).await.unwrap();
///     answer.into_body().collect().await.unwrap().to_bytes().len()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let recorder = Recorder::new();
/// recorder.scope(length_of_answer("Will it rain?")).await;
/// assert_eq!(recorder.take()[0].tokens, Some(Tokens::new(7, 3)));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Catching<S> {
    inner: S,
}

impl<S, R> Service<R> for Catching<S>
where
    S: Service<R, Response: HttpAnswer>,
{
    type Response = <S::Response as HttpAnswer>::Caught;
    type Error = S::Error;
    type Future = CatchingFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        CatchingFuture {
            task: current_task(),
            answer: self.inner.call(request),
        }
    }
}

pin_project! {
    /// The answer of a [`Catching`] service.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct CatchingFuture<F> {
        task: TaskHandle,
        #[pin]
        answer: F,
    }
}

impl<F, A, E> Future for CatchingFuture<F>
where
    F: Future<Output = Result<A, E>>,
    A: HttpAnswer,
{
    type Output = Result<A::Caught, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(context));
        Poll::Ready(answer.map(|answer| answer.pass(this.task)))
    }
}

/// The response of a service that [`CatchResponses`] can wrap: a `reqwest::Response`, or an [`http::Response`] with a
/// body of bytes.
pub trait HttpAnswer: Sealed {
    /// The same answer, with its body copied as it is read.
    type Caught;

    /// Copies the body for this run.
    #[doc(hidden)]
    fn pass(self, task: &TaskHandle) -> Self::Caught;
}

/// Seals [`HttpAnswer`].
pub trait Sealed {}

impl Sealed for reqwest::Response {}

impl HttpAnswer for reqwest::Response {
    type Caught = Self;

    fn pass(self, task: &TaskHandle) -> Self {
        CatchResponses::pass(self, task)
    }
}

impl<B: http_body::Body<Data: AsRef<[u8]>>> Sealed for http::Response<B> {}

impl<B: http_body::Body<Data: AsRef<[u8]>>> HttpAnswer for http::Response<B> {
    type Caught = http::Response<CaughtBody<B>>;

    fn pass(self, task: &TaskHandle) -> Self::Caught {
        let status = self.status().as_u16();
        let copying = CatchResponses::catch(task, status, text_of(self.headers()));
        self.map(|body| CaughtBody::new(body, copying))
    }
}
