//! What is read and changed in the streams on behalf of people.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::Stream as JetStream;
use futures_util::TryStreamExt;
use tokio::time::{Instant, sleep};

use super::accepting::publish;
use super::acks::is_missing;
use super::message::{self, Head, PURGE_SUBJECT, Purge, Refusal, seconds_now};
use super::shared::Shared;
use super::streams::{PARKED_PREFIX, REPORTS_SUBJECT, Streams};
use crate::status::{DeadLetterEntry, ParkedAgent, Purged, Status, Stream};
use crate::store::NotDone;

/// The maximum number of agents with parked reports that are named.
const MAX_AGENTS: usize = 100;
/// How long a purge waits for a report that is on its way, and how often it looks.
const PURGE_TIMEOUT: Duration = Duration::from_secs(20);
const PURGE_PAUSE: Duration = Duration::from_millis(50);
/// How long one message may take to be stored.
const STORE_TIMEOUT: Duration = Duration::from_secs(10);

fn unavailable(error: impl std::fmt::Display) -> NotDone {
    NotDone::Unavailable(format!("the streams of NATS cannot be used: {error}"))
}

/// Fills in what the streams hold.
pub(super) async fn describe(streams: &Streams, status: &mut Status) -> Result<(), NotDone> {
    let reports = streams.reports.get_info().await.map_err(unavailable)?;
    let filter = format!("{PARKED_PREFIX}>");
    let parked = streams.parked.info_with_subjects(filter);
    let parked = parked.await.map_err(unavailable)?;
    let (state, replicas) = (parked.info.state.clone(), reports.config.num_replicas);
    let subjects: HashMap<_, _> = parked.try_collect().await.map_err(unavailable)?;
    let mut subjects: Vec<_> = subjects.into_iter().collect();
    subjects.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    subjects.truncate(MAX_AGENTS);
    let mut parked_agents = Vec::new();
    for (subject, waiting) in subjects {
        let last = streams.parked.get_last_raw_message_by_subject(&subject);
        // It may have been read back in the meantime.
        let Ok(message) = last.await else { continue };
        let head = Head::of(Some(&message.headers));
        parked_agents.push(ParkedAgent {
            agent_id: head.map_or(subject, |head| head.agent),
            waiting: waiting as u64,
        });
    }
    let dead_letters = streams.dead_letters.get_info().await.map_err(unavailable)?;
    let first = |messages: u64, at: i64| (messages > 0).then_some(at);
    let oldest = [
        first(
            reports.state.messages,
            reports.state.first_timestamp.unix_timestamp(),
        ),
        first(state.messages, state.first_timestamp.unix_timestamp()),
    ];
    let oldest = oldest.into_iter().flatten().min();
    status.waiting = reports.state.messages + state.messages;
    status.oldest_seconds = oldest.map(|at| {
        let at = u64::try_from(at).unwrap_or(0);
        seconds_now().saturating_sub(at) as f64
    });
    status.dead_letters = usize::try_from(dead_letters.state.messages).unwrap_or(usize::MAX);
    status.stream = Some(Stream {
        name: reports.config.name.clone(),
        bytes: reports.state.bytes,
        max_bytes: u64::try_from(reports.config.max_bytes).unwrap_or(u64::MAX),
        replicas,
        parked: state.messages,
        parked_bytes: state.bytes,
        parked_agents,
    });
    Ok(())
}

/// The messages of a stream that are there now, oldest first.
struct Messages<'a> {
    stream: &'a JetStream,
    next: u64,
    last: u64,
}

impl<'a> Messages<'a> {
    async fn of(stream: &'a JetStream) -> Result<Self, NotDone> {
        let info = stream.get_info().await.map_err(unavailable)?;
        Ok(Self {
            stream,
            next: info.state.first_sequence,
            last: info.state.last_sequence,
        })
    }

    async fn next(&mut self) -> Result<Option<StreamMessage>, NotDone> {
        if self.next > self.last {
            return Ok(None);
        }
        let message = self
            .stream
            .raw_message_builder()
            .sequence(self.next)
            .next_by_subject(">")
            .send();
        let message = match message.await {
            Ok(message) => message,
            Err(error) if is_missing(&error.kind()) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        self.next = message.sequence + 1;
        Ok(Some(message).filter(|message| message.sequence <= self.last))
    }
}

fn is_of(message: &StreamMessage, task: &str) -> bool {
    Head::of(Some(&message.headers)).is_some_and(|head| head.task == task)
}

async fn delete(stream: &JetStream, sequence: u64) -> Result<bool, NotDone> {
    let deleted = stream.delete_message(sequence).await;
    match deleted {
        Ok(deleted) => Ok(deleted),
        // It may be gone already.
        Err(error) => match stream.get_raw_message(sequence).await {
            Err(missing) if is_missing(&missing.kind()) => Ok(false),
            _ => Err(unavailable(error)),
        },
    }
}

pub(super) async fn dead_letters(shared: &Shared) -> Result<Vec<DeadLetterEntry>, NotDone> {
    let streams = shared.streams_now()?;
    let mut letters = Vec::new();
    let mut messages = Messages::of(&streams.dead_letters).await?;
    while let Some(message) = messages.next().await? {
        let head = Head::of(Some(&message.headers)).unwrap_or_default();
        let refusal = Refusal::of(Some(&message.headers));
        let refusal = refusal.unwrap_or_else(|| Refusal::new("unknown", 0));
        letters.push(DeadLetterEntry {
            task_id: head.task,
            agent_id: head.agent,
            reason: refusal.reason,
            refused_at: refusal.refused_at,
        });
    }
    Ok(letters)
}

/// Puts the dead letters of a task, or all, into the stream of reports again.
pub(super) async fn retry_dead_letters(
    shared: &Shared,
    task: Option<String>,
) -> Result<usize, NotDone> {
    let streams = shared.streams_now()?;
    let mut count = 0;
    let mut letters = Messages::of(&streams.dead_letters).await?;
    while let Some(letter) = letters.next().await? {
        if task.as_ref().is_some_and(|task| !is_of(&letter, task)) {
            continue;
        }
        let head = Head::of(Some(&letter.headers));
        // Its place among those of its process is long past.
        let head = head.map(|head| Head {
            sender: None,
            ..head
        });
        let id = shared.message_id();
        let message = || message::message(head.as_ref(), &id, &letter.payload);
        let deadline = Instant::now() + STORE_TIMEOUT;
        let stored = publish(&shared.context, REPORTS_SUBJECT, message, deadline).await;
        stored.map_err(|not_stored| unavailable(format!("{not_stored:?}")))?;
        delete(&streams.dead_letters, letter.sequence).await?;
        count += 1;
    }
    Ok(count)
}

pub(super) async fn delete_dead_letters(
    shared: &Shared,
    task: Option<String>,
) -> Result<usize, NotDone> {
    let streams = shared.streams_now()?;
    delete_those(&streams.dead_letters, task.as_deref()).await
}

/// Deletes the messages of a task, or all. Returns how many.
async fn delete_those(stream: &JetStream, task: Option<&str>) -> Result<usize, NotDone> {
    let mut count = 0;
    let mut messages = Messages::of(stream).await?;
    while let Some(message) = messages.next().await? {
        if task.is_none_or(|task| is_of(&message, task)) {
            count += usize::from(delete(stream, message.sequence).await?);
        }
    }
    Ok(count)
}

/// Deletes what is there of a task: first at the forwarder, then in the streams.
pub(super) async fn purge(shared: &Shared, task: String) -> Result<Purged, NotDone> {
    let streams = shared.streams_now()?;
    let request = serde_json::to_vec(&Purge { task: task.clone() }).map_err(unavailable)?;
    let deadline = Instant::now() + PURGE_TIMEOUT;
    let mut all = Purged::default();
    loop {
        let answer = shared.client.request(PURGE_SUBJECT, request.clone().into());
        // Perhaps nobody forwards.
        let Ok(answer) = answer.await else { break };
        let purged: Purged = serde_json::from_slice(&answer.payload).map_err(unavailable)?;
        all.waiting += purged.waiting;
        all.is_in_flight = purged.is_in_flight;
        if !purged.is_in_flight || Instant::now() >= deadline {
            break;
        }
        sleep(PURGE_PAUSE).await;
    }
    for stream in [&streams.reports, &streams.parked] {
        all.waiting += delete_those(stream, Some(&task)).await?;
    }
    all.dead_letters += delete_those(&streams.dead_letters, Some(&task)).await?;
    Ok(all)
}
