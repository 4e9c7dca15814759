//! The streams and the bucket: made if they are missing, checked if they are there.

use std::time::Duration;

use async_nats::jetstream::context::{Context, GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{ErrorCode, kv};

use super::{DEFAULT_MAX_BYTES, Nats};

pub(super) const REPORTS: &str = "XPANDER_REPORTS";
const PARKED: &str = "XPANDER_PARKED";
const DEAD_LETTERS: &str = "XPANDER_DEAD_LETTERS";
const BUCKET: &str = "xpander-relay";

/// Where reports are published. The last token is there for more than one forwarder, one day.
pub(super) const REPORTS_SUBJECT: &str = "xpander.reports.0";
pub(super) const DEAD_LETTERS_SUBJECT: &str = "xpander.dead-letters.0";
pub(super) const PARKED_PREFIX: &str = "xpander.parked.";

/// A publish that is repeated within this time is stored once.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

#[derive(Debug, Clone)]
pub(super) struct Streams {
    pub(super) reports: Stream,
    pub(super) parked: Stream,
    pub(super) dead_letters: Stream,
    pub(super) lease: kv::Store,
}

/// Why the streams cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The servers do not answer. They may later.
    Away(String),
    /// The streams or the settings must be changed first.
    Wrong(String),
}

impl Unusable {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Away(why) | Self::Wrong(why) => why,
        }
    }
}

impl Streams {
    pub(super) async fn open(context: &Context, nats: &Nats) -> Result<Self, Unusable> {
        let max_bytes = nats.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
        let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
        let wanted = |name: &str, subject: &str, max_bytes, retention, discard| Config {
            name: name.to_owned(),
            subjects: vec![subject.to_owned()],
            max_bytes,
            retention,
            discard,
            storage: StorageType::File,
            num_replicas: nats.replicas.unwrap_or(1),
            duplicate_window: DUPLICATE_WINDOW,
            ..Config::default()
        };
        let reports = wanted(
            REPORTS,
            "xpander.reports.>",
            max_bytes,
            RetentionPolicy::WorkQueue,
            DiscardPolicy::New,
        );
        let parked = wanted(
            PARKED,
            "xpander.parked.>",
            max_bytes,
            RetentionPolicy::Limits,
            DiscardPolicy::New,
        );
        let dead_letters = wanted(
            DEAD_LETTERS,
            "xpander.dead-letters.>",
            max_bytes / 4,
            RetentionPolicy::Limits,
            DiscardPolicy::Old,
        );
        Ok(Self {
            reports: open(context, nats, reports).await?,
            parked: open(context, nats, parked).await?,
            dead_letters: open(context, nats, dead_letters).await?,
            lease: open_bucket(context, nats).await?,
        })
    }
}

async fn open(context: &Context, nats: &Nats, wanted: Config) -> Result<Stream, Unusable> {
    let name = wanted.name.clone();
    let stream = match context.get_stream(&name).await {
        Ok(stream) => stream,
        Err(error) if is_missing(&error) => match context.create_stream(wanted.clone()).await {
            Ok(stream) => stream,
            // Perhaps another relay was faster, and was asked for something else.
            Err(error) => match context.get_stream(&name).await {
                Ok(stream) => stream,
                Err(_) => return Err(not_made(&name, &error.to_string())),
            },
        },
        Err(error) => return Err(not_read(&name, &error)),
    };
    let found = &stream.cached_info().config;
    let mut differences = Vec::new();
    let mut check = |is_so: bool, what: String| {
        if !is_so {
            differences.push(what);
        }
    };
    check(
        found.retention == wanted.retention,
        format!(
            "its retention is {:?}, not {:?}",
            found.retention, wanted.retention
        ),
    );
    check(
        found.discard == wanted.discard,
        format!(
            "its discard policy is {:?}, not {:?}",
            found.discard, wanted.discard
        ),
    );
    check(
        found.storage == wanted.storage,
        format!(
            "its storage is {:?}, not {:?}",
            found.storage, wanted.storage
        ),
    );
    check(
        found.subjects == wanted.subjects,
        format!(
            "its subjects are {:?}, not {:?}",
            found.subjects, wanted.subjects
        ),
    );
    check(
        found.max_age.is_zero(),
        format!("it deletes messages after {:?}", found.max_age),
    );
    check(
        found.max_messages <= 0 && found.max_messages_per_subject <= 0,
        "it limits the number of messages".to_owned(),
    );
    check(
        !found.deny_delete && !found.sealed && !found.no_ack,
        "it forbids the deletion of messages, is sealed, or does not acknowledge messages"
            .to_owned(),
    );
    check(
        nats.replicas.is_none_or(|it| it == found.num_replicas),
        format!(
            "it has {} replicas, but --replicas is {}",
            found.num_replicas, wanted.num_replicas
        ),
    );
    check(
        nats.max_bytes.is_none() || found.max_bytes == wanted.max_bytes,
        format!(
            "its limit is {} bytes, but --max-bytes is {}",
            found.max_bytes, wanted.max_bytes
        ),
    );
    if differences.is_empty() {
        return Ok(stream);
    }
    Err(Unusable::Wrong(format!(
        "the stream {name} exists with another configuration: {}; change it with `nats stream edit \
         {name}`, or delete it when it is empty and start the relay again",
        differences.join("; ")
    )))
}

async fn open_bucket(context: &Context, nats: &Nats) -> Result<kv::Store, Unusable> {
    let stream = format!("KV_{BUCKET}");
    match context.get_stream(&stream).await {
        Ok(found) => {
            let config = &found.cached_info().config;
            if !config.max_age.is_zero() || config.storage != StorageType::File {
                return Err(Unusable::Wrong(format!(
                    "the bucket {BUCKET} exists with another configuration: its entries expire, or it is \
                     not stored in files; stop all relays, delete the bucket, and start the relays again"
                )));
            }
        }
        Err(error) if is_missing(&error) => {
            // Not by the client's own call: that reads the account first, in a form that servers before 2.10 do not have.
            let config = Config {
                name: stream.clone(),
                subjects: vec![format!("$KV.{BUCKET}.>")],
                description: Some("the lease of xpander-report relays".to_owned()),
                max_messages_per_subject: 1,
                discard: DiscardPolicy::New,
                storage: StorageType::File,
                num_replicas: nats.replicas.unwrap_or(1),
                allow_rollup: true,
                deny_delete: true,
                allow_direct: true,
                ..Config::default()
            };
            // If another relay was faster, it is there now.
            let made = context.create_stream(config).await;
            if let Err(error) = made
                && context.get_stream(&stream).await.is_err()
            {
                return Err(not_made(BUCKET, &error.to_string()));
            }
        }
        Err(error) => return Err(not_read(BUCKET, &error)),
    }
    let store = context.get_key_value(BUCKET).await;
    store.map_err(|error| Unusable::Away(format!("the bucket {BUCKET} cannot be read: {error}")))
}

fn is_missing(error: &GetStreamError) -> bool {
    matches!(
        error.kind(),
        GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND
    )
}

fn not_read(name: &str, error: &GetStreamError) -> Unusable {
    let says = format!("{name} cannot be read: {error}");
    match error.kind() {
        GetStreamErrorKind::JetStream(error) => match error.error_code() {
            ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
                Unusable::Wrong(format!(
                    "{says}; start nats-server with --jetstream, or enable JetStream for the account"
                ))
            }
            _ => Unusable::Away(says),
        },
        // Nobody listens where JetStream should.
        _ if says.contains("does not exist") || says.contains("no responders") => Unusable::Away(
            format!("{says}; JetStream does not answer: is nats-server started with --jetstream?"),
        ),
        _ => Unusable::Away(says),
    }
}

fn not_made(name: &str, says: &str) -> Unusable {
    let says = format!("{name} cannot be created: {says}");
    // The server's own words are the only difference.
    match ["timed out", "no responders", "does not exist"]
        .iter()
        .any(|words| says.contains(words))
    {
        true => Unusable::Away(says),
        false => Unusable::Wrong(format!(
            "{says}; the cluster needs as many servers as --replicas says, and room for --max-bytes"
        )),
    }
}

/// The subject of an agent's parked reports.
pub(super) fn parked_subject(agent: &str) -> String {
    // FNV-1a: every relay must find the same.
    let hash = agent.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{PARKED_PREFIX}{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_of_an_agent_never_changes() {
        assert_eq!(parked_subject(""), "xpander.parked.cbf29ce484222325");
        assert_eq!(parked_subject("a"), "xpander.parked.af63dc4c8601ec8c");
        assert_eq!(parked_subject("foobar"), "xpander.parked.85944171f73967e8");
    }
}
