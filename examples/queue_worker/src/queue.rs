//! The queue: a NATS JetStream stream that removes each job when it is acknowledged.

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

/// The stream and the subject of jobs that cannot be done. They stay there.
pub const DEAD_JOBS: &str = "DEAD_JOBS";

/// The durable consumer that all workers share. The server gives each job to one of them.
pub const WORKERS: &str = "workers";

/// After this time without news of a job, the server gives it to another worker.
pub const ACK_WAIT: Duration = Duration::from_secs(5);

/// How long the server waits for a job before it answers a request.
const PULL_WAIT: Duration = Duration::from_secs(2);

/// How long the server remembers the ids of jobs.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(3600);

const MAX_BYTES: i64 = 256 << 20;

/// A connection to the queue. It reconnects when the server comes back.
#[derive(Debug, Clone)]
pub struct Queue {
    jetstream: Context,
    consumer: PullConsumer,
}

impl Queue {
    /// Connects to the server that `NATS_URL` names, or the one on this machine, and creates missing streams.
    ///
    /// # Errors
    /// There is no server, or it has no JetStream.
    pub async fn from_env() -> Result<Self, Error> {
        let url = env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
        let server: ServerAddr = url
            .parse()
            .map_err(|error| format!("NATS_URL names no server: {error}"))?;
        // Only a part of the address is shown, because it may contain a password.
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
            // When it is full, enqueueing fails. No job is dropped to make room.
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

    /// Adds a job. Returns whether it is new: the server accepts each id once.
    ///
    /// # Errors
    /// The server does not confirm the job.
    pub async fn enqueue(&self, job: &Job) -> Result<bool, Error> {
        let message = PublishMessage::build()
            .payload(job.to_json()?.into())
            .message_id(job.id());
        let taken = self.jetstream.send_publish(JOBS, message).await?.await?;
        Ok(!taken.duplicate)
    }

    /// The number of unfinished jobs, including those that workers are processing.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn jobs(&self) -> Result<u64, Error> {
        // The stream may have more messages: a killed server may still have acknowledged ones.
        let workers = self.consumer.get_info().await?;
        Ok(workers.num_pending + workers.num_ack_pending as u64)
    }

    /// Waits for the next job. If this future is dropped, the server gives the job to another worker.
    ///
    /// # Errors
    /// The server refuses. While it is down, this waits.
    pub async fn take(&self) -> Result<Taken, Error> {
        loop {
            // One at a time, because another worker cannot process a job that this one holds.
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

/// A job that this worker is processing. If it is dropped, the job is redelivered after [`ACK_WAIT`].
#[derive(Debug)]
pub struct Taken {
    message: jetstream::Message,
    jetstream: Context,
}

impl Taken {
    /// The published message, which should be a job.
    pub fn payload(&self) -> &[u8] {
        &self.message.payload
    }

    /// The number of deliveries, including this one.
    ///
    /// # Errors
    /// The message is not from JetStream.
    pub fn attempt(&self) -> Result<u64, Error> {
        Ok(self.message.info()?.delivered.try_into()?)
    }

    /// Runs long work, and keeps telling the server that this worker is alive.
    pub async fn keep_while<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut beat = tokio::time::interval(ACK_WAIT / 4);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = beat.tick() => {
                    // At worst, another worker does the job as well.
                    let _ = self.message.ack_with(AckKind::Progress).await;
                }
            }
        }
    }

    /// Acknowledges the job, and waits for the server's confirmation.
    ///
    /// # Errors
    /// The server does not confirm it. The job may be redelivered.
    pub async fn acknowledge(&self) -> Result<(), Error> {
        self.message.double_ack().await
    }

    /// Returns the job for redelivery: after a second, and twice as long each further time, up to about a minute.
    ///
    /// # Errors
    /// The server does not confirm it. The job is redelivered anyway.
    pub async fn give_back(&self) -> Result<(), Error> {
        let doublings = self.attempt()?.saturating_sub(1).min(6);
        let rest = Duration::from_secs(1 << doublings);
        self.message.double_ack_with(AckKind::Nak(Some(rest))).await
    }

    /// Moves a job that cannot be done to [`DEAD_JOBS`], with the reason in the header `Reason`.
    ///
    /// # Errors
    /// The server does not confirm it. The job is redelivered.
    pub async fn bury(&self, reason: &str) -> Result<(), Error> {
        let info = self.message.info()?;
        // A job that is moved twice is stored once.
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
