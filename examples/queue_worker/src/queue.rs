//! The queue: a stream of NATS JetStream from which each job is removed when it is acknowledged.

use std::env;
use std::pin::pin;
use std::time::Duration;

use async_nats::jetstream::consumer::{PullConsumer, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, AckKind, Context};
use async_nats::{ConnectOptions, ServerAddr};
use futures_util::TryStreamExt;

use crate::Error;
use crate::job::Job;

/// The name of the stream, and the subject on which jobs are published.
pub const JOBS: &str = "JOBS";

/// The stream, and the subject, of what could not be done; nothing takes it from there.
pub const DEAD_JOBS: &str = "DEAD_JOBS";

/// What all workers are to the server: it gives each job to one of them.
pub const WORKERS: &str = "workers";

/// The server gives a job to another worker when it has not heard of it for so long.
pub const ACK_WAIT: Duration = Duration::from_secs(5);

/// How long the server keeps the question for a job.
const PULL_WAIT: Duration = Duration::from_secs(2);

/// For so long the server knows the ids of jobs that are done.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3600);

const MAX_BYTES: i64 = 256 << 20;

/// A connection to the queue. It is made again by itself when the server comes back.
#[derive(Debug, Clone)]
pub struct Queue {
    jetstream: Context,
    consumer: PullConsumer,
}

impl Queue {
    /// Connects to the server that `NATS_URL` names, or the one on this machine, and makes the streams that are
    /// missing there.
    ///
    /// # Errors
    /// There is no server, or it does not do JetStream.
    pub async fn from_env() -> Result<Self, Error> {
        let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
        let server: ServerAddr = url
            .parse()
            .map_err(|error| format!("NATS_URL names no server: {error}"))?;
        // Not the whole address: it may hold a password.
        let place = format!("{}:{}", server.host(), server.port());
        let client = ConnectOptions::new()
            .event_callback(|event| async move { eprintln!("NATS: {event}") })
            .connect(server)
            .await
            .map_err(|error| {
                format!(
                    "no NATS server answers at {place} ({error}): start one with `nats-server \
                     --jetstream`, or name yours in NATS_URL"
                )
            })?;
        Self::open(jetstream::new(client))
            .await
            .map_err(|error| format!("the NATS server at {place} keeps no queue: {error}").into())
    }

    async fn open(jetstream: Context) -> Result<Self, Error> {
        let jobs = Config {
            name: JOBS.to_owned(),
            retention: RetentionPolicy::WorkQueue,
            // When it is full, whoever enqueues is told; no job makes room for another.
            discard: DiscardPolicy::New,
            max_bytes: MAX_BYTES,
            duplicate_window: DUPLICATE_WINDOW,
            ..Config::default()
        };
        let dead = Config {
            name: DEAD_JOBS.to_owned(),
            discard: DiscardPolicy::New,
            max_bytes: MAX_BYTES,
            ..Config::default()
        };
        let consumer = pull::Config {
            durable_name: Some(WORKERS.to_owned()),
            ack_wait: ACK_WAIT,
            ..pull::Config::default()
        };
        jetstream.get_or_create_stream(dead).await?;
        let jobs = jetstream.get_or_create_stream(jobs).await?;
        let consumer = jobs.get_or_create_consumer(WORKERS, consumer).await?;
        Ok(Self {
            jetstream,
            consumer,
        })
    }

    /// Adds a job. Returns whether it is new: of jobs with the same id, the server takes one.
    ///
    /// # Errors
    /// The server does not say that it has the job.
    pub async fn enqueue(&self, job: &Job) -> Result<bool, Error> {
        let message = PublishMessage::build()
            .payload(job.to_json()?.into())
            .message_id(job.id());
        let taken = self.jetstream.send_publish(JOBS, message).await?.await?;
        Ok(!taken.duplicate)
    }

    /// How many jobs are to be done, those that workers have in hand included.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn jobs(&self) -> Result<u64, Error> {
        // The stream's messages may be more: a server that was killed can have kept some that were acknowledged.
        let workers = self.consumer.get_info().await?;
        Ok(workers.num_pending + workers.num_ack_pending as u64)
    }

    /// The next job, when there is one. Nothing is taken if this future is dropped: the server gives such a job
    /// to another worker.
    ///
    /// # Errors
    /// The server refuses. While it is away, this waits.
    pub async fn take(&self) -> Result<Taken, Error> {
        loop {
            // One at a time: what a worker holds without working on it, no other worker can do.
            let pull = self.consumer.batch().max_messages(1).expires(PULL_WAIT);
            if let Some(message) = pull.messages().await?.try_next().await? {
                return Ok(Taken {
                    message,
                    jetstream: self.jetstream.clone(),
                });
            }
        }
    }
}

/// A job in the hands of this worker. Dropped, it comes again after [`ACK_WAIT`].
#[derive(Debug)]
pub struct Taken {
    message: jetstream::Message,
    jetstream: Context,
}

impl Taken {
    /// What was published: a job, if all is well.
    pub fn payload(&self) -> &[u8] {
        &self.message.payload
    }

    /// How often it was taken, this time included.
    ///
    /// # Errors
    /// The server's message is not one of JetStream.
    pub fn attempt(&self) -> Result<u64, Error> {
        Ok(self.message.info()?.delivered.try_into()?)
    }

    /// Does something that may take long, and tells the server meanwhile that this worker is alive.
    pub async fn keep_while<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut beat = tokio::time::interval(ACK_WAIT / 4);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = beat.tick() => {
                    // At worst another worker does the job, too.
                    let _ = self.message.ack_with(AckKind::Progress).await;
                }
            }
        }
    }

    /// It is done. Returns when the server has said that it knows.
    ///
    /// # Errors
    /// The server does not say so. The job may come again.
    pub async fn acknowledge(&self) -> Result<(), Error> {
        self.message.double_ack().await
    }

    /// It is to come again: after a second, and after twice as long each time, up to a minute or so.
    ///
    /// # Errors
    /// The server does not say that it knows. The job comes again all the same.
    pub async fn give_back(&self) -> Result<(), Error> {
        let doublings = self.attempt()?.saturating_sub(1).min(6);
        let rest = Duration::from_secs(1 << doublings);
        self.message.double_ack_with(AckKind::Nak(Some(rest))).await
    }

    /// It cannot be done: it goes to [`DEAD_JOBS`], with the reason in the header `Reason`.
    ///
    /// # Errors
    /// The server does not say that it has it there. It comes again.
    pub async fn bury(&self, reason: &str) -> Result<(), Error> {
        let info = self.message.info()?;
        // Of a job that is buried twice, one is kept.
        let id = format!("{} {}", info.stream_sequence, info.published);
        let message = PublishMessage::build()
            .payload(self.message.payload.clone())
            .message_id(id)
            .header("Reason", reason.replace(['\r', '\n'], " "));
        self.jetstream
            .send_publish(DEAD_JOBS, message)
            .await?
            .await?;
        self.acknowledge().await
    }
}
