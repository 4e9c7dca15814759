//! How a message gets into a stream.

use std::time::Duration;

use async_nats::jetstream::context::{Context, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, ErrorCode};
use tokio::time::{Instant, sleep, timeout_at};

/// How long the server may take to acknowledge a message before it is sent again.
const ACK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a server without a leader is left alone.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a message is not in the stream.
#[derive(Debug)]
pub(super) enum NotStored {
    /// There is no room for it.
    Full,
    /// It is larger than the stream lets messages be.
    TooLarge,
    Other(String),
}

/// Publishes a message, which has an id, until the server says that it has stored it. Returns its sequence.
pub(super) async fn publish(
    context: &Context,
    subject: &str,
    message: impl Fn() -> PublishMessage,
    deadline: Instant,
) -> Result<u64, NotStored> {
    loop {
        let attempt = deadline.min(Instant::now() + ACK_TIMEOUT);
        let sent = timeout_at(attempt, async {
            context
                .send_publish(subject.to_owned(), message())
                .await?
                .await
        });
        let error = match sent.await {
            Ok(Ok(stored)) => return Ok(stored.sequence),
            Ok(Err(error)) => error,
            Err(_) => PublishError::new(PublishErrorKind::TimedOut),
        };
        if let Some(refusal) = refusal(&error) {
            return Err(refusal);
        }
        if Instant::now() + PAUSE >= deadline {
            return Err(NotStored::Other(error.to_string()));
        }
        sleep(PAUSE).await;
    }
}

/// Why trying again at once is of no use, if it is not.
fn refusal(error: &PublishError) -> Option<NotStored> {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => return Some(NotStored::TooLarge),
        PublishErrorKind::Other => {}
        _ => return None,
    }
    let source = std::error::Error::source(error)?;
    let error = source.downcast_ref::<jetstream::Error>()?;
    Some(match error.error_code() {
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => NotStored::TooLarge,
        ErrorCode::STREAM_STORE_FAILED => NotStored::Full,
        // No leader for the moment.
        ErrorCode::CLUSTER_NOT_AVAILABLE | ErrorCode::CLUSTER_NOT_LEADER => return None,
        _ => NotStored::Other(error.to_string()),
    })
}
