//! The work of the forwarder while it holds the lease. It takes the reports from the stream in their order, delivers them,
//! and acknowledges those that have ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Subscriber;
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::{self, Batch};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer};
use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use xpander_report::relay::{
    Notice, Notices, SenderSequence, StreamEnding, StreamForwarder, StreamOrder, StreamReport,
};

use super::acks;
use super::backlog::Backlog;
use super::in_hand::{InHand, Removal, Source, Ticket};
use super::message::{Head, PURGE_SUBJECT, Purge, Refusal, seconds_now};
use super::moving;
use super::parked::{self, ParkedMessage};
use super::parking::{Parking, ParkingQueue};
use super::shared::Shared;
use super::streams::{PARKED_PREFIX, Streams, parked_subject};
use crate::received;
use crate::status::Purged;

/// The maximum number of reports of the stream in hand, and approximately their maximum bytes.
pub(super) const MAX_IN_HAND: usize = 2_048;
const MAX_BYTES: usize = 12 << 20;
/// The maximum number of messages of one pull request.
const MAX_PULL: usize = 512;
/// How long the server keeps a pull request open.
const PULL_WAIT: Duration = Duration::from_secs(2);
/// If the server does not answer for this much longer, the pull request is lost.
const PULL_SLACK: Duration = Duration::from_secs(2);
/// The server delivers a message again if it is not acknowledged within this time.
const ACK_WAIT: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(3600 * 24 * 365);

const CONSUMER: &str = "forwarder-";
const NO_ROOM: &str = "its agent fails, and the stream of parked reports has no room for it";

pub(super) struct Term {
    shared: Arc<Shared>,
    streams: Streams,
    /// The lease's revision, by which the consumers are named.
    number: u64,
    consumers: u32,
    forwarder: Arc<StreamForwarder>,
    notices: Notices,
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

/// The result of work in the background.
enum Done {
    Removed(Removal),
    /// This message is a dead letter now.
    Refused(Ticket),
    /// Whether each was parked, or there was no room.
    Parked(Vec<(Parking, bool)>),
    /// Parked reports of a subject; none if there are no more.
    Read(String, Result<Vec<ParkedMessage>, ()>),
    Purged(Purged, Vec<Parking>, oneshot::Sender<Purged>),
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
        notices: Notices,
    ) -> Self {
        let connects = shared.connects.clone();
        Self {
            shared,
            streams,
            number,
            consumers: 0,
            forwarder,
            notices,
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
            // The cause of the failure takes a moment to go away.
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

    /// Makes the consumer of this term and deletes all others. It begins with the first message left. Returns `None` if that
    /// fails.
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

    /// Takes the messages of this consumer until one is missing.
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
                    // A missing message may be older than the next ones.
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

    /// Waits for the next event, at most until this time.
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
            notice = self.notices.next() => match notice {
                Some(notice) => self.on_notice(notice),
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
        // A report of a task that is not here yet waits behind the parked reports of its agent.
        let is_first = !self.hand.has_open(&task);
        let (bytes, reply) = (message.payload.len(), message.reply.clone());
        let ticket = self.hand.add(&task, position, source, bytes, reply);
        let has_backlog = |report: &StreamReport| {
            let subject = parked_subject(report.agent_id());
            self.backlogs.contains_key(&subject)
        };
        match read {
            Ok(report) if is_first && !self.backlogs.is_empty() && has_backlog(&report) => {
                self.park(&[ticket], report.agent_id());
            }
            Ok(report) => self.forwarder.deliver(ticket, report, false),
            Err(reason) => self.refuse(&[ticket], &reason),
        }
    }

    /// The report of a message. The error says why it has none, or why it may not be delivered any more.
    fn read(
        &mut self,
        head: Option<&Head>,
        payload: &[u8],
        sequence: u64,
        accepted_at: u64,
    ) -> Result<StreamReport, String> {
        let head = head.ok_or(
            "it is not a relay's report: its header Xpander-Report is missing or does not name the agent and the task",
        )?;
        let body =
            str::from_utf8(payload).map_err(|_| "it is not a report: it is not UTF-8 text")?;
        let (_, report, _) = received::report(body, head.agent.clone())
            .map_err(|problem| format!("it is not a report: {}", problem.message()))?;
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

    fn on_notice(&mut self, notice: Notice) {
        match notice {
            Notice::GivenUp(tickets, agent) => self.park(&tickets, &agent),
            Notice::Ended(tickets, StreamEnding::Refused(reason)) => self.refuse(&tickets, &reason),
            Notice::Ended(tickets, ending) => {
                let is_well = matches!(ending, StreamEnding::Delivered | StreamEnding::Superseded);
                self.end(&tickets, is_well);
            }
        }
    }

    /// Ends messages. `is_well`: the platform has their content.
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
    fn refuse(&mut self, tickets: &[Ticket], reason: &str) {
        let refusal = Refusal::new(reason, seconds_now());
        for ticket in tickets {
            let Some(place) = self.hand.place(*ticket) else {
                continue;
            };
            let (context, streams) = (self.shared.context.clone(), self.streams.clone());
            let (ticket, refusal) = (*ticket, refusal.clone());
            self.work.spawn(async move {
                moving::write_dead_letter(&context, &streams, &place, &refusal).await;
                Done::Refused(ticket)
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
                    backlog.on_returned(sequence, Instant::now());
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
                let is_parked = moving::park(&context, &streams, &parking).await;
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
            Done::Refused(ticket) => {
                self.shared.count_dead_letter();
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
                        false => self.refuse(&[parking.ticket], NO_ROOM),
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
                // The asking relay may have gone.
                let _ = answer.send(purged);
            }
        }
    }

    /// Releases the newer reports of agents that have no parked reports any more.
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

    /// Reads more reports of the backlogs that have room for them.
    fn read_backlogs(&mut self) {
        let now = Instant::now();
        for (subject, backlog) in &mut self.backlogs {
            let Some((next, count)) = backlog.read(now) else {
                continue;
            };
            let (stream, subject) = (self.streams.parked.clone(), subject.clone());
            self.work.spawn(async move {
                let read = parked::read(&stream, &subject, next, count).await;
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
            backlog.on_read(sequence, is_new);
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
            Err(reason) => self.refuse(&[ticket], &reason),
        }
    }

    /// Handles a request to delete the data of a task.
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
