use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record;
use crate::envelope::outgoing::{Delivered, Outgoing};
use crate::envelope::stamps::Stamps;
use crate::report::TaskReport;
use crate::report::tokens::Tokens;

/// What a report's record begins with. Its input, its response and its result follow as they are, which costs the
/// caller less than to make JSON of them.
#[derive(Serialize, Deserialize)]
struct Head<P, A, S, R> {
    /// The address of the platform that it is for. Each report says it, so that none depends on another.
    platform: P,
    agent_id: A,
    stamps: S,
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

/// The record of a report for the platform at this address, in pieces.
pub(crate) fn encode_report<'a>(
    outgoing: &'a Outgoing,
    platform: &str,
) -> io::Result<(Vec<u8>, [&'a [u8]; 3])> {
    let report = &outgoing.report;
    let content = [
        report.input.as_deref(),
        report.llm_response.as_deref().map(RawValue::get),
        report.result.as_deref(),
    ];
    let head = Head {
        platform,
        agent_id: outgoing.agent_id(),
        stamps: &outgoing.stamps,
        is_named: outgoing.is_named,
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

/// A string that is not copied if it need not.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The report in the text of a record, and the address of the platform that it is for.
pub(crate) fn decode_report(text: &[u8]) -> io::Result<(Cow<'_, str>, Outgoing)> {
    let mut heads = serde_json::Deserializer::from_slice(text).into_iter();
    let head: Head<Text<'_>, String, Stamps, TaskReport> = heads.next().ok_or_else(damaged)??;
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
    let mut report = head.report.agent_id(head.agent_id);
    report.input = take(input)?;
    report.llm_response = take(response)?.map(RawValue::from_string).transpose()?;
    report.result = take(result)?;
    if !rest.is_empty() {
        return Err(damaged());
    }
    let outgoing = Outgoing::stored(report, head.is_named, head.stamps);
    Ok((head.platform.0, outgoing))
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// A report that has ended, by where it lies in its segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ack {
    pub(crate) offset: u64,
    /// If it was delivered and its task has a name: what the platform has of that task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<DeliveredTask>,
}

/// What the platform has of a task with a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeliveredTask {
    pub(crate) id: String,
    pub(crate) delivered: Delivered,
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

#[cfg(test)]
mod tests {
    use super::super::record::Chunk;
    use super::*;
    use crate::envelope::sequence::Sequence;
    use crate::report::task_id::TaskId;

    fn outgoing(report: TaskReport) -> Outgoing {
        let id = TaskId::from("order-17".to_owned());
        Outgoing::new(report.agent_id("agent"), id, true, Sequence::next())
    }

    /// The text of the record.
    fn text(outgoing: &Outgoing) -> Vec<u8> {
        let (start, follow) = encode_report(outgoing, "here").expect("a record");
        let record = [&start[..], &follow.concat()].concat();
        let mut chunks = record::chunks(&record);
        match (chunks.next(), chunks.next()) {
            (Some(Chunk::Record(0, text)), None) => text.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let raw = RawValue::from_string("{ \"a\" :\t[1,\"ü\"] }".to_owned()).expect("JSON");
        let full = TaskReport::new()
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
            let mut merged = outgoing(TaskReport::new().input("older"));
            let outgoing = outgoing(report);
            merged.merge(outgoing.clone());
            for written in [outgoing, merged] {
                let text = text(&written);
                let (platform, read) = decode_report(&text).expect("the report");
                assert_eq!(platform, "here");
                assert_eq!(format!("{read:?}"), format!("{written:?}"));
            }
        }
    }

    #[test]
    fn stamps_that_do_not_fit_the_report_are_mended() {
        let outgoing = outgoing(TaskReport::new().input("in").result("out"));
        let sequence = serde_json::to_string(&outgoing.sequence()).expect("JSON");
        let text = String::from_utf8(text(&outgoing)).expect("a text");
        let stamps = format!(r#"{{"sequence":{sequence},"fields":9}}"#);
        assert!(text.contains(&stamps), "{text}");
        for (odd, input) in [
            (format!(r#"{{"sequence":{sequence}}}"#), outgoing.sequence()),
            (
                format!(r#"{{"sequence":[1,0,0],"fields":255,"older":[[{sequence},8]]}}"#),
                Sequence::from((1, 0, 0)),
            ),
        ] {
            let text = text.replace(&stamps, &odd);
            let (_, read) = decode_report(text.as_bytes()).expect("the report");
            assert_eq!(read.sequence(), outgoing.sequence());
            let report = TaskReport::new().input("another").result("another");
            let sequence = Sequence::from((2, 0, 0));
            let mut other = Outgoing::new(report, read.id.clone(), true, sequence);
            other.merge(read);
            let is_older = input < sequence;
            let expected = if is_older { "another" } else { "in" };
            assert_eq!(other.report.input.as_deref(), Some(expected), "{odd}");
            assert_eq!(other.report.result.as_deref(), Some("out"), "{odd}");
        }
    }

    #[test]
    fn a_text_whose_lengths_are_wrong_is_damaged() {
        let outgoing = outgoing(TaskReport::new().input("ü").result("result"));
        let text = String::from_utf8(text(&outgoing)).expect("a text");
        let with = |content: &str| text.replace("[2,null,6]", content);
        assert!(decode_report(with("[2,null,6]").as_bytes()).is_ok());
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
            assert!(decode_report(with(wrong).as_bytes()).is_err(), "{wrong}");
        }
        for end in 0..text.len() {
            assert!(decode_report(&text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
