//! Reads the stream of parked reports.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::Stream as JetStream;
use axum::body::Bytes;
use futures_util::StreamExt;

use super::acks;

/// The server deletes a consumer that nobody has used for so long.
const INACTIVE: Duration = Duration::from_secs(30);

/// A message of the stream of parked reports.
pub(super) struct ParkedMessage {
    pub(super) sequence: u64,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// The next parked reports with this subject, so many at most.
pub(super) async fn read(
    stream: &JetStream,
    subject: &str,
    next: u64,
    count: usize,
) -> Result<Vec<ParkedMessage>, ()> {
    if count > 1 {
        return read_many(stream, subject, next, count).await;
    }
    let read = stream
        .raw_message_builder()
        .sequence(next)
        .next_by_subject(subject.to_owned())
        .send()
        .await;
    match read {
        Ok(message) => Ok(vec![ParkedMessage {
            sequence: message.sequence,
            headers: message.headers,
            payload: message.payload,
        }]),
        Err(error) if acks::is_missing(&error.kind()) => Ok(Vec::new()),
        Err(_) => Err(()),
    }
}

/// Reads them with a consumer of its own: one request for all of them.
async fn read_many(
    stream: &JetStream,
    subject: &str,
    next: u64,
    count: usize,
) -> Result<Vec<ParkedMessage>, ()> {
    let config = pull::Config {
        filter_subject: subject.to_owned(),
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: next,
        },
        ack_policy: AckPolicy::None,
        inactive_threshold: INACTIVE,
        memory_storage: true,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(|_| ())?;
    let mut messages = consumer
        .fetch()
        .max_messages(count)
        .messages()
        .await
        .map_err(|_| ())?;
    let mut read = Vec::new();
    let mut is_whole = true;
    while let Some(message) = messages.next().await {
        let message = message.ok();
        let info = message.as_ref().and_then(|message| message.info().ok());
        let (Some(message), Some(info)) = (&message, info) else {
            is_whole = false;
            break;
        };
        // One that is missing is read the next time.
        is_whole = info.consumer_sequence == read.len() as u64 + 1;
        if !is_whole {
            break;
        }
        read.push(ParkedMessage {
            sequence: info.stream_sequence,
            headers: message.headers.clone().unwrap_or_default(),
            payload: message.payload.clone(),
        });
    }
    if read.is_empty() && !is_whole {
        return Err(());
    }
    // If this fails, the server deletes it soon.
    let _ = stream.delete_consumer(&consumer.cached_info().name).await;
    Ok(read)
}
