//! What the forwarder does while it holds the lease: it takes the reports from the stream in their order, has them
//! delivered, and acknowledges those that have ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::{self, Batch};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::{self, Context, stream::Stream as JetStream};
use async_nats::{HeaderMap, Subscriber};
use axum::body::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use xpander_report::relay::{
    SenderSequence, StreamEnding, StreamForwarder, StreamOrder, StreamReport, Tidings, Told,
};

use super::accepting::{NotStored, publish};
use super::acks;
use super::backlog::Backlog;
use super::in_hand::{InHand, Place, Removal, Source, Ticket};
use super::message::{self, Grave, Head};
use super::parking::{Parking, ParkingQueue};
use super::store::{PURGE_SUBJECT, Purge, Shared, seconds_now};
use super::streams::{DEAD_LETTERS_SUBJECT, PARKED_PREFIX, Streams, parked_subject};
use crate::received;
use crate::status::Purged;

/// So many reports of the stream are in hand at most, and so many bytes of them, about.
pub(super) const MAX_IN_HAND: usize = 2_048;
const MAX_BYTES: usize = 12 << 20;
/// So many are asked for at once.
const MAX_PULL: usize = 512;
/// How long the server keeps the question for more.
const PULL_WAIT: Duration = Duration::from_secs(2);
/// If it does not answer for so much longer, the question is lost.
const PULL_SLACK: Duration = Duration::from_secs(2);
/// The server delivers a message again of which it has heard nothing for so long.
const ACK_WAIT: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(3600 * 24 * 365);

/// How long a message may take to be stored before it is sent again.
const PATIENCE: Duration = Duration::from_secs(30);

const CONSUMER: &str = "forwarder-";
const NO_ROOM: &str = "its agent fails, and the stream of parked reports has no room for it";

pub(super) struct Term {
    shared: Arc<Shared>,
    streams: Streams,
    /// The lease's revision, by which the consumers are named.
    number: u64,
    consumers: u32,
    forwarder: Arc<StreamForwarder>,
    tidings: Tidings,
    order: StreamOrder,
    hand: InHand,
    /// The agents with parked reports, by their subjects.
    backlogs: HashMap<String, Backlog>,
    /// The subjects of the parked reports in hand, by their sequences.
    parked: HashMap<u64, String>,
    parking: ParkingQueue,
    work: JoinSet<Done>,
    connects: watch::Receiver<u64>,
    /// The highest sequence that was taken.
    last: u64,
}

/// Something that was done beside.
enum Done {
    Removed(Removal),
    /// This message is a dead letter now.
    Buried(Ticket),
    /// Whether each was parked, or there was no room.
    Parked(Vec<(Parking, bool)>),
    /// Parked reports of a subject; none if there are no more.
    Read(String, Result<Vec<ParkedMessage>, ()>),
    Purged(Purged, Vec<Parking>, oneshot::Sender<Purged>),
}

/// A message of the stream of parked reports.
struct ParkedMessage {
    sequence: u64,
    headers: HeaderMap,
    payload: Bytes,
}

/// Another forwarder has begun.
#[derive(Debug)]
struct Fenced;

impl Term {
    pub(super) fn new(
        shared: Arc<Shared>,
        streams: Streams,
        number: u64,
        forwarder: Arc<StreamForwarder>,
        tidings: Tidings,
    ) -> Self {
        let connects = shared.connects.clone();
        Self {
            shared,
            streams,
            number,
            consumers: 0,
            forwarder,
            tidings,
            order: StreamOrder::default(),
            hand: InHand::default(),
            backlogs: HashMap::new(),
            parked: HashMap::new(),
            parking: ParkingQueue::default(),
            work: JoinSet::new(),
            connects,
            last: 0,
        }
    }

    /// Forwards until it is dropped, or until another forwarder has begun.
    pub(super) async fn run(mut self) {
        let mut purges = loop {
            match self.shared.client.subscribe(PURGE_SUBJECT).await {
                Ok(purges) => break purges,
                Err(_) => sleep(PAUSE).await,
            }
        };
        while self.load_backlogs().await.is_err() {
            sleep(PAUSE).await;
        }
        loop {
            self.connects.mark_unchanged();
            match self.consumer().await {
                Ok(Some(consumer)) => self.follow(&consumer, &mut purges).await,
                Ok(None) => {}
                Err(Fenced) => return,
            }
            // What was in the way takes a moment.
            let until = Instant::now() + PAUSE;
            while Instant::now() < until {
                self.step(None, &mut purges, until).await;
            }
        }
    }

    /// Which agents have parked reports.
    async fn load_backlogs(&mut self) -> Result<(), ()> {
        let filter = format!("{PARKED_PREFIX}>");
        let info = self.streams.parked.info_with_subjects(filter).await;
        let subjects: Vec<_> = info.map_err(|_| ())?.try_collect().await.map_err(|_| ())?;
        for (subject, _) in subjects {
            self.backlogs.entry(subject).or_default();
        }
        self.read_backlogs();
        Ok(())
    }

    /// A consumer of one's own, in place of all others. It begins with the first message left. None: it could not be made.
    async fn consumer(&mut self) -> Result<Option<PullConsumer>, Fenced> {
        let stream = &self.streams.reports;
        let names: Result<Vec<String>, _> = stream.consumer_names().try_collect().await;
        let Ok(names) = names else {
            return Ok(None);
        };
        for name in names {
            let term = name.strip_prefix(CONSUMER);
            let term = term.and_then(|it| it.split('-').next()?.parse().ok());
            if term > Some(self.number) {
                return Err(Fenced);
            }
            // Nobody else may consume this stream.
            if stream.delete_consumer(&name).await.is_err() {
                return Ok(None);
            }
        }
        self.consumers += 1;
        let name = format!("{CONSUMER}{}-{}", self.number, self.consumers);
        let config = pull::Config {
            durable_name: Some(name),
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_deliver: -1,
            max_ack_pending: 4 * MAX_IN_HAND as i64,
            ..pull::Config::default()
        };
        Ok(stream.create_consumer(config).await.ok())
    }

    /// Takes what this consumer gives until something is missing of it.
    async fn follow(&mut self, consumer: &PullConsumer, purges: &mut Subscriber) {
        let mut expected = 1;
        let mut pull: Option<(Batch, Instant)> = None;
        loop {
            if self.connects.has_changed().unwrap_or(false) {
                return;
            }
            let room = self.room();
            if pull.is_none() && room > 0 {
                let batch = consumer.batch().max_messages(room).expires(PULL_WAIT);
                let batch = batch.max_bytes(self.room_bytes());
                let Ok(batch) = batch.messages().await else {
                    return;
                };
                pull = Some((batch, Instant::now() + PULL_WAIT + PULL_SLACK));
            }
            let until = pull.as_ref().map(|(_, until)| *until);
            let batch = pull.as_mut().map(|(batch, _)| batch);
            let until = until.unwrap_or_else(|| Instant::now() + LONG);
            match self.step(batch, purges, until).await {
                Step::Message(message) => {
                    // One that is missing may be older than those that follow.
                    let number = message.info().map(|info| info.consumer_sequence);
                    if number.ok() != Some(expected) {
                        return;
                    }
                    expected += 1;
                    self.take(&message);
                    if let Some((_, until)) = &mut pull {
                        *until = Instant::now() + PULL_WAIT + PULL_SLACK;
                    }
                }
                Step::BatchEnded => pull = None,
                Step::Broken => return,
                Step::Else => {
                    let is_lost = |(_, until): &(Batch, Instant)| *until <= Instant::now();
                    if pull.as_ref().is_some_and(is_lost) {
                        return;
                    }
                }
            }
        }
    }

    /// How many more messages may be asked for.
    fn room(&self) -> usize {
        let left = MAX_IN_HAND.saturating_sub(self.hand.reports());
        let has_bytes = self.hand.bytes() <= self.max_bytes() / 2;
        match has_bytes {
            true => left.min(MAX_PULL),
            false => 0,
        }
    }

    fn room_bytes(&self) -> usize {
        self.max_bytes() - self.hand.bytes().min(self.max_bytes() / 2)
    }

    /// Half of it has room for any message.
    fn max_bytes(&self) -> usize {
        MAX_BYTES.max(3 * self.shared.client.max_payload())
    }

    /// Waits for the next thing to happen, until then at most.
    async fn step(
        &mut self,
        batch: Option<&mut Batch>,
        purges: &mut Subscriber,
        until: Instant,
    ) -> Step {
        let backlogs = self.backlogs.values();
        let wakes = backlogs.filter_map(Backlog::wakes_at).min();
        let until = wakes.map_or(until, |at| until.min(at));
        let message = async {
            match batch {
                Some(batch) => batch.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = message => match message {
                Some(Ok(message)) => return Step::Message(Box::new(message)),
                // The next message has more bytes than were asked for.
                Some(Err(error)) if error.to_string().contains("Exceeds MaxBytes") => {
                    return Step::BatchEnded;
                }
                Some(Err(_)) => return Step::Broken,
                None => return Step::BatchEnded,
            },
            told = self.tidings.next() => match told {
                Some(told) => self.hear(told),
                // It ends with the term.
                None => std::future::pending().await,
            },
            Some(done) = self.work.join_next(), if !self.work.is_empty() => {
                if let Ok(done) = done {
                    self.done(done).await;
                }
            }
            Some(purge) = purges.next() => self.purge(&purge),
            _ = self.connects.changed() => return Step::Broken,
            () = sleep_until(until) => {}
        }
        self.read_backlogs();
        self.shared.set_working(self.work.len());
        Step::Else
    }

    /// Takes a message of the stream of reports.
    fn take(&mut self, message: &jetstream::Message) {
        let Ok(info) = message.info() else { return };
        let sequence = info.stream_sequence;
        let accepted_at = u64::try_from(info.published.unix_timestamp()).unwrap_or(0);
        self.last = self.last.max(sequence);
        let source = Source::Reports(sequence);
        if self.hand.renew(source, message.reply.clone()) {
            return;
        }
        let head = Head::of(message.headers.as_ref());
        let read = self.read(head.as_ref(), &message.payload, sequence, accepted_at);
        let task = match &head {
            Some(head) => head.task.clone(),
            None => format!("message {sequence}"),
        };
        let position = match &read {
            Ok(report) => report.position(),
            Err(_) => (sequence.saturating_mul(1_000), sequence),
        };
        // One whose task is not here yet waits behind the parked ones of its agent.
        let is_first = !self.hand.has_open(&task);
        let (bytes, reply) = (message.payload.len(), message.reply.clone());
        let ticket = self.hand.add(&task, position, source, bytes, reply);
        let has_backlog = |report: &StreamReport| {
            let subject = parked_subject(report.agent_id());
            self.backlogs.contains_key(&subject)
        };
        match read {
            Ok(report) if is_first && has_backlog(&report) => {
                self.park(&[ticket], report.agent_id());
            }
            Ok(report) => self.forwarder.deliver(ticket, report, false),
            Err(reason) => self.bury(&[ticket], &reason),
        }
    }

    /// The report of a message; an error says why it is none, or may not be delivered any more.
    fn read(
        &mut self,
        head: Option<&Head>,
        payload: &[u8],
        sequence: u64,
        accepted_at: u64,
    ) -> Result<StreamReport, String> {
        let head = head.ok_or(
            "it is no report of a relay: it has no header Xpander-Report with its agent and task",
        )?;
        let body = str::from_utf8(payload).map_err(|_| "it is no report: it is no text")?;
        let (_, report, _) = received::report(body, head.agent.clone())
            .map_err(|problem| format!("it is no report: {}", problem.message()))?;
        self.check_age(head.accepted_at.unwrap_or(accepted_at))?;
        let (task, report) = (head.task.clone(), report.id(&head.task));
        if let Some(position) = head.position {
            return Ok(StreamReport::placed(task, report, position));
        }
        let sender = head.sender.as_deref().and_then(SenderSequence::parse);
        Ok(self.order.place(task, report, sequence, sender))
    }

    fn check_age(&self, accepted_at: u64) -> Result<(), String> {
        let age = Duration::from_secs(seconds_now().saturating_sub(accepted_at));
        let max = self.shared.nats.max_age;
        if age <= max {
            return Ok(());
        }
        self.shared.count_expired();
        let hours = max.as_secs() / 3600;
        Err(format!("it has waited for more than {hours} hours"))
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::GivenUp(tickets, agent) => self.park(&tickets, &agent),
            Told::Ended(tickets, StreamEnding::Refused(reason)) => self.bury(&tickets, &reason),
            Told::Ended(tickets, ending) => {
                let is_well = matches!(ending, StreamEnding::Delivered | StreamEnding::Superseded);
                self.end(&tickets, is_well);
            }
        }
    }

    /// These messages have ended.
    fn end(&mut self, tickets: &[Ticket], is_well: bool) {
        for ticket in tickets {
            if let Some(Source::Parked(sequence)) = self.hand.place(*ticket).map(|it| it.source)
                && let Some(subject) = self.parked.remove(&sequence)
                && let Some(backlog) = self.backlogs.get_mut(&subject)
            {
                backlog.ended(is_well);
            }
            let removal = self.hand.end(*ticket);
            self.remove(removal);
        }
    }

    fn remove(&mut self, removal: Option<Removal>) {
        spawn_removal(&mut self.work, &self.shared, &self.streams, removal);
    }

    /// Makes dead letters of messages, and ends them.
    fn bury(&mut self, tickets: &[Ticket], reason: &str) {
        let grave = Grave::new(reason, seconds_now());
        for ticket in tickets {
            let Some(place) = self.hand.place(*ticket) else {
                continue;
            };
            let (context, streams) = (self.shared.context.clone(), self.streams.clone());
            let (ticket, grave) = (*ticket, grave.clone());
            self.work.spawn(async move {
                bury(&context, &streams, &place, &grave).await;
                Done::Buried(ticket)
            });
        }
    }

    /// Moves messages of an agent to the stream of parked reports, and ends them.
    fn park(&mut self, tickets: &[Ticket], agent: &str) {
        let subject = parked_subject(agent);
        let backlog = self.backlogs.entry(subject.clone()).or_default();
        backlog.add_agent(agent);
        for ticket in tickets {
            let Some(place) = self.hand.place(*ticket) else {
                continue;
            };
            match place.source {
                Source::Reports(_) => {
                    backlog.begin_parking();
                    self.parking.push(Parking {
                        ticket: *ticket,
                        subject: subject.clone(),
                        place,
                    });
                }
                // It stays there.
                Source::Parked(sequence) => {
                    backlog.gave_back(sequence, Instant::now());
                    self.parked.remove(&sequence);
                    let removal = self.hand.give_back(*ticket);
                    spawn_removal(&mut self.work, &self.shared, &self.streams, removal);
                }
            }
        }
        self.write_parked();
    }

    fn write_parked(&mut self) {
        let batch = self.parking.next_batch();
        if batch.is_empty() {
            return;
        }
        let (context, streams) = (self.shared.context.clone(), self.streams.clone());
        self.work.spawn(async move {
            let writing = batch.into_iter().map(|parking| async {
                let is_parked = write_parked(&context, &streams, &parking).await;
                (parking, is_parked)
            });
            Done::Parked(join_all(writing).await)
        });
    }

    async fn done(&mut self, done: Done) {
        match done {
            Done::Removed(removal) => {
                let next = self.hand.removed(&removal.task, removal.source);
                self.remove(next);
            }
            Done::Buried(ticket) => {
                self.shared.count_buried();
                self.end(&[ticket], false);
            }
            Done::Parked(written) => {
                self.parking.written();
                for (parking, is_parked) in written {
                    if let Some(backlog) = self.backlogs.get_mut(&parking.subject) {
                        backlog.end_parking(is_parked);
                    }
                    match is_parked {
                        true => self.end(&[parking.ticket], false),
                        false => self.bury(&[parking.ticket], NO_ROOM),
                    }
                }
                self.write_parked();
                self.end_backlogs().await;
            }
            Done::Read(subject, read) => self.take_parked(subject, read).await,
            Done::Purged(mut purged, parkings, answer) => {
                purged.waiting += parkings.len();
                for parking in parkings {
                    if let Some(backlog) = self.backlogs.get_mut(&parking.subject) {
                        backlog.end_parking(false);
                    }
                    self.end(&[parking.ticket], false);
                }
                // Who asked may have gone.
                let _ = answer.send(purged);
            }
        }
    }

    /// Newer reports of agents without parked ones need not wait any more.
    async fn end_backlogs(&mut self) {
        let over: Vec<_> = self
            .backlogs
            .extract_if(|_, backlog| backlog.is_over())
            .collect();
        for (_, backlog) in over {
            for agent in backlog.into_agents() {
                self.forwarder.take_back(&agent).await;
            }
        }
    }

    /// Reads on in the backlogs that have room.
    fn read_backlogs(&mut self) {
        let now = Instant::now();
        for (subject, backlog) in &mut self.backlogs {
            let Some((next, count)) = backlog.read(now) else {
                continue;
            };
            let (stream, subject) = (self.streams.parked.clone(), subject.clone());
            self.work.spawn(async move {
                let read = read_parked(&stream, &subject, next, count).await;
                Done::Read(subject, read)
            });
        }
    }

    async fn take_parked(&mut self, subject: String, read: Result<Vec<ParkedMessage>, ()>) {
        let Some(backlog) = self.backlogs.get_mut(&subject) else {
            return;
        };
        match read {
            Err(()) => backlog.failed(Instant::now()),
            Ok(messages) if messages.is_empty() => {
                backlog.end();
                self.end_backlogs().await;
            }
            Ok(messages) => {
                for message in messages {
                    self.take_one_parked(&subject, &message);
                }
            }
        }
    }

    fn take_one_parked(&mut self, subject: &str, message: &ParkedMessage) {
        let sequence = message.sequence;
        let head = Head::of(Some(&message.headers));
        let read = self.read(head.as_ref(), &message.payload, 0, seconds_now());
        let task = match &head {
            Some(head) => head.task.clone(),
            None => format!("parked message {sequence}"),
        };
        let position = read.as_ref().map_or((0, 0), StreamReport::position);
        let (source, bytes) = (Source::Parked(sequence), message.payload.len());
        let is_new = !self.hand.renew(source, None);
        if let Some(backlog) = self.backlogs.get_mut(subject) {
            backlog.took(sequence, is_new);
            if let Ok(report) = &read {
                backlog.add_agent(report.agent_id());
            }
        }
        if !is_new {
            return;
        }
        let ticket = self.hand.add(&task, position, source, bytes, None);
        self.parked.insert(sequence, subject.to_owned());
        match read {
            Ok(report) => self.forwarder.deliver(ticket, report, true),
            Err(reason) => self.bury(&[ticket], &reason),
        }
    }

    /// Somebody deletes the data of a task.
    fn purge(&mut self, request: &async_nats::Message) {
        let Ok(purge) = serde_json::from_slice::<Purge>(&request.payload) else {
            return;
        };
        let parkings = self.parking.purge(&purge.task);
        let (forwarder, last) = (Arc::clone(&self.forwarder), self.last);
        let (answer, answered) = oneshot::channel();
        self.work.spawn(async move {
            let purged = forwarder.purge(&purge.task, last).await;
            let purged = Purged {
                waiting: purged.waiting,
                dead_letters: 0,
                is_in_flight: purged.is_in_flight,
            };
            Done::Purged(purged, parkings, answer)
        });
        let (client, reply) = (self.shared.client.clone(), request.reply.clone());
        tokio::spawn(async move {
            if let (Ok(purged), Some(reply)) = (answered.await, reply)
                && let Ok(json) = serde_json::to_vec(&purged)
            {
                let _ = client.publish(reply, json.into()).await;
            }
        });
    }
}

enum Step {
    Message(Box<jetstream::Message>),
    BatchEnded,
    /// The consumer cannot be followed any more.
    Broken,
    Else,
}

fn spawn_removal(
    work: &mut JoinSet<Done>,
    shared: &Shared,
    streams: &Streams,
    removal: Option<Removal>,
) {
    let Some(removal) = removal else { return };
    let (context, streams) = (shared.context.clone(), streams.clone());
    work.spawn(async move {
        acks::remove(&context, &streams, &removal).await;
        Done::Removed(removal)
    });
}

/// Writes a report to the stream of parked reports. False: there is no room.
async fn write_parked(context: &Context, streams: &Streams, parking: &Parking) -> bool {
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
async fn bury(context: &Context, streams: &Streams, place: &Place, grave: &Grave) {
    let Some((number, mut original)) = original(streams, place).await else {
        return;
    };
    let head = Head::of(Some(&original.headers)).map(|head| Head {
        accepted_at: None,
        position: None,
        ..head
    });
    // Another forwarder may bury it, too.
    let id = match place.source {
        Source::Reports(_) => format!("dead-{number}"),
        Source::Parked(_) => format!("dead-parked-{number}"),
    };
    loop {
        let letter = || message::letter(head.as_ref(), grave, &id, &original.payload);
        let deadline = Instant::now() + PATIENCE;
        match publish(context, DEAD_LETTERS_SUBJECT, letter, deadline).await {
            Ok(_) => return,
            // Only of a message that is no relay's: those leave room for headers.
            Err(NotStored::TooLarge) => {
                let half = original.payload.len() / 2;
                original.payload.truncate(half);
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// The message as it lies in its stream; none: it is gone.
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

/// The next parked reports with this subject, so many at most.
async fn read_parked(
    stream: &JetStream,
    subject: &str,
    next: u64,
    count: usize,
) -> Result<Vec<ParkedMessage>, ()> {
    if count > 1 {
        return read_many_parked(stream, subject, next, count).await;
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

/// By a consumer that exists for that: one question for all of them.
async fn read_many_parked(
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
        inactive_threshold: PATIENCE,
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
    // If it stays, the server deletes it soon.
    let _ = stream.delete_consumer(&consumer.cached_info().name).await;
    Ok(read)
}
