//! How a report gets into the stream, and a message into any.

use std::time::Duration;

use async_nats::jetstream::context::{Context, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, ErrorCode};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::message::{self, Head};
use super::shared::{CALL_TIMEOUT, Shared};
use super::streams::REPORTS_SUBJECT;
use crate::store::{Incoming, NotDone};

/// How long a report may take to be acknowledged by the stream.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(5);
/// What headers may take of a message, besides the ids in them.
const HEADER_BYTES: usize = 8 << 10;

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

/// Stores a report in the stream.
pub(super) async fn keep(shared: &Shared, incoming: Incoming) -> Result<Option<u64>, NotDone> {
    shared.streams_now()?;
    let Incoming {
        id,
        body,
        report,
        sender,
        in_progress,
    } = incoming;
    let head = Head {
        agent: report.agent_id.unwrap_or_default(),
        task: id,
        sender: sender.map(|sender| sender.to_string()),
        ..Head::default()
    };
    let max = shared.client.max_payload();
    let ids = 4 * (head.agent.len() + head.task.len());
    let room = max.saturating_sub(HEADER_BYTES + ids);
    if body.len() > room {
        return Err(NotDone::TooLarge(format!(
            "it has {} bytes, but max_payload of the NATS server allows only {room}; increase \
             max_payload in the server's configuration",
            body.len()
        )));
    }
    let message_id = shared.message_id();
    let payload = body.into_bytes().into();
    let message = || message::message(Some(&head), &message_id, &payload);
    let deadline = Instant::now() + ACCEPT_TIMEOUT;
    let stored = publish(&shared.context, REPORTS_SUBJECT, message, deadline).await;
    drop(in_progress);
    match stored {
        Ok(sequence) => {
            shared.count_accepted();
            Ok(Some(sequence))
        }
        Err(NotStored::Full) => Err(NotDone::Unavailable(
            "the stream is full: it has reached its limit (--max-bytes)".to_owned(),
        )),
        Err(NotStored::TooLarge) => Err(NotDone::TooLarge(
            "it is larger than max_payload of the NATS server or max_msg_size of the stream"
                .to_owned(),
        )),
        Err(NotStored::Other(why)) => Err(NotDone::Unavailable(format!(
            "the stream did not acknowledge it: {why}"
        ))),
    }
}

/// Whether a report would be stored now.
pub(super) async fn check(shared: &Shared) -> Result<(), NotDone> {
    let streams = shared.streams_now()?;
    let info = timeout(CALL_TIMEOUT, streams.reports.get_info()).await;
    let info = info
        .map_err(|_| NotDone::Unavailable("the stream does not answer".to_owned()))?
        .map_err(|error| NotDone::Unavailable(format!("the stream cannot be read: {error}")))?;
    let max = u64::try_from(info.config.max_bytes).unwrap_or(u64::MAX);
    if info.state.bytes.saturating_add(HEADER_BYTES as u64) >= max {
        return Err(NotDone::Unavailable(
            "the stream is full: it has reached its limit (--max-bytes)".to_owned(),
        ));
    }
    Ok(())
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

/// The reason why an immediate retry is of no use. `None` if it may succeed.
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
