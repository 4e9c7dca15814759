//! Removes messages from their streams after their reports have ended.

use std::time::Duration;

use async_nats::Request;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::Context;
use async_nats::jetstream::stream::{DeleteMessageErrorKind, RawMessageErrorKind, Stream};
use tokio::time::sleep;

use super::in_hand::{Removal, Source};
use super::streams::Streams;

const TIMEOUT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(200);

/// Acknowledges a message, and returns when the server has said that it is gone.
pub(super) async fn remove(context: &Context, streams: &Streams, removal: &Removal) {
    let (stream, sequence) = match removal.source {
        Source::Reports(sequence) => (&streams.reports, sequence),
        Source::Parked(sequence) => (&streams.parked, sequence),
    };
    if let Some(reply) = &removal.reply {
        let acknowledgement = Request::new().payload("+ACK".into()).timeout(Some(TIMEOUT));
        let client = context.client();
        if client
            .send_request(reply.clone(), acknowledgement)
            .await
            .is_ok()
        {
            return;
        }
    }
    // The consumer is gone or the server did not answer. The message may be gone as well.
    while !delete(stream, sequence).await {
        sleep(PAUSE).await;
    }
}

/// Whether the message is gone.
async fn delete(stream: &Stream, sequence: u64) -> bool {
    match stream.delete_message(sequence).await {
        Ok(_) => return true,
        Err(error) => match error.kind() {
            DeleteMessageErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::NO_MESSAGE_FOUND =>
            {
                return true;
            }
            _ => {}
        },
    }
    let found = stream.get_raw_message(sequence).await;
    found.is_err_and(|error| is_missing(&error.kind()))
}

pub(super) fn is_missing(kind: &RawMessageErrorKind) -> bool {
    match kind {
        RawMessageErrorKind::NoMessageFound => true,
        RawMessageErrorKind::JetStream(error) => error.error_code() == ErrorCode::NO_MESSAGE_FOUND,
        _ => false,
    }
}
