use std::io;

use serde::{Deserialize, Serialize};

use super::directory::read_all;
use super::disk::DiskFile;
use super::record::{self, Stretch};
use crate::TaskReport;
use crate::sequence::Sequence;

/// A report as it lies on disk: redacted, and with the agent that its process had configured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry<R = TaskReport> {
    pub(crate) agent_id: String,
    pub(crate) sequence: Sequence,
    /// Its id came from the program, so other processes may report it, too.
    pub(crate) is_named: bool,
    pub(crate) report: R,
}

/// What became of a report, by where it lies in its segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ack {
    pub(crate) offset: u64,
    /// The newest report of a task with a name that arrived: older ones need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arrived: Option<Arrived>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Arrived {
    pub(crate) id: String,
    pub(crate) sequence: Sequence,
}

/// What a segment begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The address of the platform that its reports are for.
    pub(crate) platform: String,
}

/// A record that holds this as JSON.
pub(crate) fn encode(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    let mut written = Ok(());
    record::write(&mut bytes, |bytes| {
        written = serde_json::to_writer(bytes, value);
    });
    written?;
    Ok(bytes)
}

pub(crate) fn decode<'a, T: Deserialize<'a>>(text: &'a [u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(text)?)
}

/// What a file of acks says; what of it is damaged is passed.
pub(crate) fn read_acks(file: &dyn DiskFile) -> io::Result<Vec<Ack>> {
    let bytes = read_all(file)?;
    let records = record::stretches(&bytes).filter_map(|stretch| match stretch {
        Stretch::Record(_, text) => decode(text).ok(),
        Stretch::Damaged(_) => None,
    });
    Ok(records.collect())
}
