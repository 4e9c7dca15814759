//! Copies messages to the streams of parked reports and of dead letters.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::message::StreamMessage;
use tokio::time::{Instant, sleep};

use super::accepting::{NotStored, publish};
use super::acks;
use super::in_hand::{Place, Source};
use super::message::{self, Head, Refusal};
use super::parking::Parking;
use super::streams::{DEAD_LETTERS_SUBJECT, Streams};

/// How long a message may take to be stored before it is sent again.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(250);

/// Writes a report to the stream of parked reports. Returns false if there is no room.
pub(super) async fn park(context: &Context, streams: &Streams, parking: &Parking) -> bool {
    let Some((number, original)) = original(streams, &parking.place).await else {
        return true;
    };
    let accepted_at = u64::try_from(original.time.unix_timestamp()).unwrap_or(0);
    let head = Head {
        accepted_at: Some(accepted_at),
        position: Some(parking.place.position),
        sender: None,
        ..Head::of(Some(&original.headers)).unwrap_or_default()
    };
    let id = format!("parked-{number}");
    let message = || message::message(Some(&head), &id, &original.payload);
    loop {
        let deadline = Instant::now() + PATIENCE;
        match publish(context, &parking.subject, message, deadline).await {
            Ok(_) => return true,
            Err(NotStored::Full | NotStored::TooLarge) => return false,
            Err(NotStored::Other(_)) => sleep(PAUSE).await,
        }
    }
}

/// Writes a message to the dead letters.
pub(super) async fn write_dead_letter(
    context: &Context,
    streams: &Streams,
    place: &Place,
    refusal: &Refusal,
) {
    let Some((number, mut original)) = original(streams, place).await else {
        return;
    };
    let head = Head::of(Some(&original.headers)).map(|head| Head {
        accepted_at: None,
        position: None,
        ..head
    });
    // Another forwarder may write it, too.
    let id = match place.source {
        Source::Reports(_) => format!("dead-{number}"),
        Source::Parked(_) => format!("dead-parked-{number}"),
    };
    loop {
        let letter = || message::letter(head.as_ref(), refusal, &id, &original.payload);
        let deadline = Instant::now() + PATIENCE;
        match publish(context, DEAD_LETTERS_SUBJECT, letter, deadline).await {
            Ok(_) => return,
            // Messages of relays leave room for headers, others may not.
            Err(NotStored::TooLarge) => {
                let half = original.payload.len() / 2;
                original.payload.truncate(half);
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// The message in its stream; `None` if it is gone.
async fn original(streams: &Streams, place: &Place) -> Option<(u64, StreamMessage)> {
    let (stream, sequence) = match place.source {
        Source::Reports(sequence) => (&streams.reports, sequence),
        Source::Parked(sequence) => (&streams.parked, sequence),
    };
    loop {
        match stream.get_raw_message(sequence).await {
            Ok(message) => return Some((sequence, message)),
            Err(error) if acks::is_missing(&error.kind()) => return None,
            Err(_) => sleep(PAUSE).await,
        }
    }
}
