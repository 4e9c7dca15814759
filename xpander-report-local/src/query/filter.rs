use std::collections::HashMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::problem::{Invalid, Place, Problem};
use crate::task::TaskStatus;

/// Which tasks. Without conditions: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Only this organization's.
    pub organization_id: Option<String>,
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Only with this status.
    pub status: Option<TaskStatus>,
    /// Only tasks that used this tool.
    pub tool: Option<String>,
    /// Only what was created at this time or later.
    pub from: Option<Timestamp>,
    /// Only what was created before this time.
    pub to: Option<Timestamp>,
    /// Only tasks with these words in the first MiB of their input or of their result, in any order and
    /// whatever their case and accents. `"two words"` stand together, and `word*` is the start of a word.
    pub search: Option<String>,
    /// Only tasks that were created for this user.
    pub user_id: Option<String>,
    /// Only with this status of the caller's own.
    pub internal_status: Option<String>,
    /// Only tasks that this task created.
    pub parent_task_id: Option<String>,
    /// Only tasks that this agent created.
    pub triggering_agent_id: Option<String>,
}

/// The setters of the text fields.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, value: impl Into<String>) -> Self {
                self.$name = Some(value.into());
                self
            }
        )*
    };
}

impl Filter {
    /// All tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Only this organization's.
        organization_id,
        /// Only this agent's.
        agent_id,
        /// Only tasks that used this tool.
        tool,
        /// Only tasks with these words in their input or result.
        search,
        /// Only tasks that were created for this user.
        user_id,
        /// Only with this status of the caller's own.
        internal_status,
        /// Only tasks that this task created.
        parent_task_id,
        /// Only tasks that this agent created.
        triggering_agent_id,
    }

    /// Only with this status.
    #[must_use]
    pub const fn status(mut self, status: TaskStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only what was created at this time or later.
    #[must_use]
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    /// Only what was created before this time.
    #[must_use]
    pub const fn to(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }
}

/// The query of an address, read one parameter after the other; an empty one counts as absent.
#[derive(Debug)]
pub(crate) struct Address {
    parameters: HashMap<String, String>,
    invalid: Vec<Invalid>,
}

impl Address {
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

    /// The value, read with `read`, which says what it should be otherwise.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        expected: &str,
    ) -> Option<T> {
        let value = read(self.parameters.get(name)?);
        if value.is_none() {
            let at = [Place::Name("query"), Place::Name(name)];
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

    pub(crate) fn status(&mut self) -> Option<TaskStatus> {
        self.read("status", status, TaskStatus::EXPECTED)
    }

    pub(crate) fn finish<T>(self, read: T) -> Result<T, Problem> {
        if self.invalid.is_empty() {
            Ok(read)
        } else {
            Err(Problem::invalid(self.invalid))
        }
    }

    /// The filter that the pages' addresses hold: `organization`, `agent`, `status`, `tool`, `q`, and the time
    /// as `from` and `to`, or as `last` with a number of minutes, hours or days (`90m`, `24h`, `7d`).
    pub(crate) fn filter(&mut self) -> Filter {
        const MOMENT: &str = "Input should be a time such as 2026-01-31T09:00:00Z or 2026-01-31";
        let last = self.read("last", ago, "Input should be a time such as 90m, 24h or 7d");
        Filter {
            organization_id: self.text("organization"),
            agent_id: self.text("agent"),
            status: self.status(),
            tool: self.text("tool"),
            from: self.read("from", moment, MOMENT).or(last),
            to: self.read("to", day_end_or_moment, MOMENT),
            search: self.text("q"),
            ..Filter::default()
        }
    }
}

/// A status; Python's clients may send the name of the enumeration's member.
fn status(word: &str) -> Option<TaskStatus> {
    TaskStatus::from_word(word.strip_prefix("AgentExecutionStatus.").unwrap_or(word))
}

/// So long before now.
fn ago(text: &str) -> Option<Timestamp> {
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

/// A time with its offset, or one of UTC, or the beginning of a day there.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    // A plus in an address that was not encoded has become a space.
    let text = &text.replace(' ', "+");
    text.parse()
        .ok()
        .or_else(|| of(text.parse::<DateTime>().ok()?))
        .or_else(|| of(text.parse::<Date>().ok()?.into()))
}

/// The same, but of a day its end.
pub(crate) fn day_end_or_moment(text: &str) -> Option<Timestamp> {
    match text.parse::<Date>() {
        Ok(day) if !text.contains(['T', 't', ' ']) => of(day.tomorrow().ok()?.into()),
        _ => moment(text),
    }
}

fn of(time: DateTime) -> Option<Timestamp> {
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The words of a search, each of which may be several that stand together, and whether it is only the
/// start of one.
pub(crate) fn words(search: &str) -> Vec<(String, bool)> {
    /// More would only be a burden.
    const MOST: usize = 32;
    let mut words = Vec::new();
    for (index, part) in search.split('"').enumerate() {
        if index % 2 == 1 {
            words.push((part.to_owned(), false));
            continue;
        }
        for word in part.split(|c: char| c.is_whitespace() || c.is_control()) {
            match word.strip_suffix('*') {
                Some(start) => words.push((start.to_owned(), true)),
                None => words.push((word.to_owned(), false)),
            }
        }
    }
    words.retain(|(word, _)| word.chars().any(char::is_alphanumeric));
    words.truncate(MOST);
    words
}
