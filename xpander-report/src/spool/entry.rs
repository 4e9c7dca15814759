use std::io;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::directory::read_all;
use super::disk::DiskFile;
use super::record::{self, Stretch};
use crate::sequence::Sequence;
use crate::{TaskReport, Tokens};

/// A report as it lies on disk: redacted, and with the agent that its process had configured.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) agent_id: String,
    pub(crate) sequence: Sequence,
    /// Its id came from the program, so other processes may report it, too.
    pub(crate) is_named: bool,
    pub(crate) report: TaskReport,
}

/// What a report's record begins with. Its input, its response and its result follow as they are, which costs
/// the caller less than to make JSON of them.
#[derive(Serialize, Deserialize)]
struct Head<A, R> {
    agent_id: A,
    sequence: Sequence,
    is_named: bool,
    report: R,
    /// How many bytes each of them has.
    content: [Option<usize>; 3],
}

/// A report without its content.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: &'a Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    used_tools: &'a [String],
}

impl Entry {
    /// The record of a report, in pieces.
    pub(crate) fn encode(&self) -> io::Result<(Vec<u8>, [&[u8]; 3])> {
        let report = &self.report;
        let content = [
            report.input.as_deref(),
            report.llm_response.as_deref().map(RawValue::get),
            report.result.as_deref(),
        ];
        let head = Head {
            agent_id: &self.agent_id,
            sequence: self.sequence,
            is_named: self.is_named,
            report: Rest {
                id: &report.id,
                tokens: &report.tokens,
                is_success: report.is_success,
                duration: report.duration,
                used_tools: &report.used_tools,
            },
            content: content.map(|text| text.map(str::len)),
        };
        let follow = content.map(|text| text.unwrap_or_default().as_bytes());
        Ok((start(&head, &follow)?, follow))
    }

    /// The report in the text of a record.
    pub(crate) fn decode(text: &[u8]) -> io::Result<Self> {
        let mut heads = serde_json::Deserializer::from_slice(text).into_iter();
        let head: Head<String, TaskReport> = heads.next().ok_or_else(damaged)??;
        let rest = text.get(heads.byte_offset()..).unwrap_or_default();
        let mut rest = str::from_utf8(rest).map_err(|_| damaged())?;
        let mut take = |length: Option<usize>| match length {
            None => Ok(None),
            Some(length) => {
                let (taken, left) = rest.split_at_checked(length).ok_or_else(damaged)?;
                rest = left;
                Ok::<_, io::Error>(Some(taken.to_owned()))
            }
        };
        let [input, response, result] = head.content;
        let mut report = head.report;
        report.input = take(input)?;
        report.llm_response = take(response)?.map(RawValue::from_string).transpose()?;
        report.result = take(result)?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        Ok(Self {
            agent_id: head.agent_id,
            sequence: head.sequence,
            is_named: head.is_named,
            report,
        })
    }
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
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
    start(value, &[])
}

fn start(value: &impl Serialize, follow: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut written = Ok(());
    let bytes = record::write(follow, |bytes| {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of the record.
    fn text(report: TaskReport, sequence: Sequence) -> Vec<u8> {
        let entry = Entry {
            agent_id: "agent".to_owned(),
            sequence,
            is_named: true,
            report,
        };
        let (start, follow) = entry.encode().expect("a record");
        let record = [&start[..], &follow.concat()].concat();
        let mut stretches = record::stretches(&record);
        match (stretches.next(), stretches.next()) {
            (Some(Stretch::Record(0, text)), None) => text.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let raw = RawValue::from_string("{ \"a\" :\t[1,\"ü\"] }".to_owned()).expect("JSON");
        let full = TaskReport::new()
            .id("order-17")
            .input("grüße \"\0\n")
            .llm_response(raw)
            .tokens(Tokens::new(3, 4))
            .is_success(false)
            .result("")
            .used_tools(["one", "two"]);
        let odd = |duration| {
            let mut report = TaskReport::new();
            report.duration = Some(duration);
            report
        };
        for report in [full, TaskReport::new(), odd(f64::NAN), odd(-0.25)] {
            let sequence = Sequence::next();
            let read = Entry::decode(&text(report.clone(), sequence)).expect("the report");
            assert_eq!(format!("{:?}", read.report), format!("{report:?}"));
            assert_eq!((read.sequence, read.is_named), (sequence, true));
            assert_eq!(read.agent_id, "agent");
        }
    }

    #[test]
    fn a_text_whose_lengths_are_wrong_is_damaged() {
        let report = TaskReport::new().input("ü").result("result");
        let text = String::from_utf8(text(report, Sequence::next())).expect("a text");
        let with = |content: &str| text.replace("[2,null,6]", content);
        assert!(Entry::decode(with("[2,null,6]").as_bytes()).is_ok());
        let wrong = [
            "[1,null,7]",
            "[2,null,5]",
            "[2,null,7]",
            "[2,6,null]",
            "[2,null,18446744073709551615]",
            "[2,null,-6]",
            "[2,6]",
        ];
        for wrong in wrong {
            assert!(Entry::decode(with(wrong).as_bytes()).is_err(), "{wrong}");
        }
        for end in 0..text.len() {
            assert!(Entry::decode(&text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
