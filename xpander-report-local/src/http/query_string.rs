use std::collections::HashMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::http::problem::{Invalid, Loc, Problem};
use crate::model::task::TaskStatus;
use crate::query::filter::Filter;

/// The query string of a request. An empty parameter counts as absent. All errors are collected.
#[derive(Debug)]
pub(crate) struct QueryString {
    parameters: HashMap<String, String>,
    invalid: Vec<Invalid>,
}

impl QueryString {
    pub(crate) fn new(mut parameters: HashMap<String, String>) -> Self {
        parameters.retain(|_, value| !value.is_empty());
        Self {
            parameters,
            invalid: Vec::new(),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.parameters.get(name).cloned()
    }

    /// Parses a parameter with `read`. `expected` is the message for an invalid value.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        expected: &str,
    ) -> Option<T> {
        let value = read(self.parameters.get(name)?);
        if value.is_none() {
            let at = [Loc::Name("query"), Loc::Name(name)];
            self.invalid
                .push(Invalid::new(&at, "value_error", expected));
        }
        value
    }

    pub(crate) fn number(&mut self, name: &'static str, default: u32, most: u32) -> u32 {
        let expected = format!("Input should be an integer from 1 to {most}");
        let read = |text: &str| {
            text.parse()
                .ok()
                .filter(|number| (1..=most).contains(number))
        };
        self.read(name, read, &expected).unwrap_or(default)
    }

    /// A status, or several with commas between them. Empty for any.
    pub(crate) fn statuses(&mut self) -> Vec<TaskStatus> {
        let read = |words: &str| words.split(',').map(status).collect();
        self.read("status", read, TaskStatus::EXPECTED)
            .unwrap_or_default()
    }

    pub(crate) fn finish<T>(self, read: T) -> Result<T, Problem> {
        if self.invalid.is_empty() {
            Ok(read)
        } else {
            Err(Problem::invalid(self.invalid))
        }
    }

    /// The filter in the query string of a page: `organization`, `agent`, `status`, `tool`, `model`, `q`, and the time
    /// as `from` and `to`, or as `last` with a number of minutes, hours or days (`90m`, `24h`, `7d`). Days, and times
    /// without an offset, are those of the time zone.
    pub(crate) fn filter(&mut self, zone: &TimeZone) -> Filter {
        const EXPECTED: &str = "Input should be a time such as 2026-01-31T09:00:00Z or 2026-01-31";
        let last = self.read(
            "last",
            before_now,
            "Input should be a time such as 90m, 24h or 7d",
        );
        Filter {
            organization_id: self.text("organization"),
            agent_id: self.text("agent"),
            statuses: self.statuses(),
            tool: self.text("tool"),
            model: self.text("model"),
            from: self
                .read("from", |text| parse_time(text, zone), EXPECTED)
                .or(last),
            to: self.read("to", |text| parse_end(text, zone), EXPECTED),
            search: self.text("q"),
            ..Filter::default()
        }
    }
}

/// A status. Python clients may send the name of the enum member.
fn status(word: &str) -> Option<TaskStatus> {
    TaskStatus::from_word(word.strip_prefix("AgentExecutionStatus.").unwrap_or(word))
}

/// Now minus an amount of time.
fn before_now(text: &str) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        _ => return None,
    };
    let duration = SignedDuration::from_mins(i64::from(number) * minutes);
    Some(
        Timestamp::now()
            .checked_sub(duration)
            .unwrap_or(Timestamp::MIN),
    )
}

/// A time with its offset, a time of the zone, or the start of a day of the zone.
pub(crate) fn parse_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    // An unencoded plus in a query string has become a space.
    let text = &text.replace(' ', "+");
    text.parse()
        .ok()
        .or_else(|| of_zone(text.parse::<DateTime>().ok()?, zone))
        .or_else(|| of_zone(text.parse::<Date>().ok()?.into(), zone))
}

/// Like [`parse_time`], but a day means its end.
pub(crate) fn parse_end(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    match text.parse::<Date>() {
        Ok(day) if !text.contains(['T', 't', ' ']) => of_zone(day.tomorrow().ok()?.into(), zone),
        _ => parse_time(text, zone),
    }
}

fn of_zone(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(time.to_zoned(zone.clone()).ok()?.timestamp())
}
