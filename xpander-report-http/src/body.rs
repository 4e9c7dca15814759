//! Reads the bodies of requests. The bytes of all bodies in progress are bounded together.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::limits::{Limits, MAX_BODY};
use crate::problem::Problem;

/// How much of a body is read before the connection is closed. Bytes beyond [`MAX_BODY`] are discarded:
/// without reading them, a client that still sends would see a reset connection instead of the answer.
const MAX_READ_BYTES: usize = 4 * MAX_BODY;

/// The bodies in progress.
#[derive(Debug)]
pub struct Bodies {
    free_bytes: Arc<Semaphore>,
    client_timeout: Duration,
}

/// The bytes of a body in progress. Dropping it makes room for others.
#[derive(Debug)]
#[must_use = "the bytes are free for others when this is dropped"]
pub struct InProgress {
    _bytes: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// No bodies yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            free_bytes: Arc::new(Semaphore::new(limits.bodies)),
            client_timeout: limits.client_timeout,
        }
    }

    /// The whole body as text. The caller keeps the [`InProgress`] for as long as it has the text.
    ///
    /// # Errors
    /// It is too large, is not UTF-8, does not arrive in time, or the other bodies in progress leave no room for it.
    pub async fn read_text(&self, mut body: Body) -> Result<(String, InProgress), Problem> {
        let mut bytes = Vec::new();
        let mut held = None;
        let mut received = 0_usize;
        let mut refusal = None;
        loop {
            let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let Ok(next) = timeout(self.client_timeout, next).await else {
                return Err(Problem::timeout(format!(
                    "The body did not arrive: nothing came for {} s.",
                    self.client_timeout.as_secs_f64()
                )));
            };
            let Some(frame) = next else { break };
            let frame = frame.map_err(|error| {
                Problem::bad_request(format!("The body could not be read: {error}."))
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            received += data.len();
            if received > MAX_READ_BYTES {
                break;
            }
            if refusal.is_none() {
                match self.hold(&mut held, received, data.len()) {
                    Ok(()) => bytes.extend_from_slice(&data),
                    Err(problem) => {
                        refusal = Some(problem);
                        bytes = Vec::new();
                        held = None;
                    }
                }
            }
        }
        if let Some(problem) = refusal {
            return Err(problem);
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| Problem::bad_request(format!("The body is not UTF-8: {error}.")))?;
        Ok((text, InProgress { _bytes: held }))
    }

    /// Takes the next bytes of a body. `received` bytes came before.
    fn hold(
        &self,
        held: &mut Option<OwnedSemaphorePermit>,
        received: usize,
        next: usize,
    ) -> Result<(), Problem> {
        if received > MAX_BODY {
            return Err(Problem::too_large(format!(
                "The body is larger than {MAX_BODY} bytes, the limit for a report."
            )));
        }
        let permit = u32::try_from(next)
            .ok()
            .and_then(|next| {
                Arc::clone(&self.free_bytes)
                    .try_acquire_many_owned(next)
                    .ok()
            })
            .ok_or_else(Problem::busy)?;
        match held {
            Some(held) => held.merge(permit),
            None => *held = Some(permit),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::pin;

    use axum::http::StatusCode;
    use futures_util::StreamExt;
    use futures_util::stream;

    use super::*;

    fn bodies() -> Bodies {
        Bodies::new(&Limits {
            connections: 1,
            client_timeout: Duration::from_secs(30),
            bodies: 100,
        })
    }

    /// A body that starts with this many bytes and never ends.
    fn unending(bytes: usize) -> Body {
        let start = Ok::<_, Infallible>("x".repeat(bytes));
        Body::from_stream(stream::iter([start]).chain(stream::pending()))
    }

    async fn is_refused(bodies: &Bodies, bytes: usize) -> bool {
        match bodies.read_text(Body::from("x".repeat(bytes))).await {
            Ok((text, _)) => {
                assert_eq!(text.len(), bytes);
                false
            }
            Err(problem) => {
                assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
                true
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_still_arrive_take_room() {
        let bodies = bodies();
        {
            let mut arriving = pin!(bodies.read_text(unending(60)));
            let waited = timeout(Duration::from_secs(1), arriving.as_mut()).await;
            assert!(waited.is_err());
            assert!(is_refused(&bodies, 41).await);
            assert!(!is_refused(&bodies, 40).await);
        }
        assert!(!is_refused(&bodies, 100).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_takes_room_until_its_request_is_done() {
        let bodies = bodies();
        let (_, in_progress) = bodies.read_text(Body::from("x".repeat(60))).await.unwrap();
        assert!(is_refused(&bodies, 41).await);
        drop(in_progress);
        assert!(!is_refused(&bodies, 41).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_arriving_is_given_up() {
        let bodies = bodies();
        let problem = bodies.read_text(unending(60)).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::REQUEST_TIMEOUT);
        assert!(!is_refused(&bodies, 100).await);
    }
}
