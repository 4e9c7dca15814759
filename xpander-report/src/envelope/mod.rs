//! What a run collected, until it is a finished report.
//!
//! Each field knows whether the program set it or the library captured it: what was set stands, what was captured may be
//! completed from the provider's responses. `prepare` makes the finished report (`outgoing`).

mod counted;
mod edits;
mod inner_runs;
mod json_text;
mod media;
mod missing_usage;
#[cfg(feature = "http")]
pub(crate) mod outgoing;
mod place;
pub(crate) mod prepare;
mod recognition;
pub(crate) mod redaction;
pub(crate) mod response;
mod rolling_up;
mod scrub;
pub(crate) mod secret_forms;
mod secret_names;
pub(crate) mod sequence;
#[cfg(feature = "http")]
pub(crate) mod stamps;
#[cfg(feature = "tracing")]
pub(crate) mod summary;
pub(crate) mod value;

use std::borrow::Cow;
use std::sync::Arc;

use inner_runs::InnerRuns;
use response::Declared;
use sequence::Sequence;
#[cfg(feature = "tracing")]
use summary::Summary;
use value::{Captured, Produced};

use crate::report::task_id::TaskId;
use crate::report::tokens::Tokens;
use crate::report::{TaskReport, json};

/// How many bytes of a stream's items are kept.
pub(crate) const MAX_ITEMS: usize = 16 << 20;

/// The data that an inner run gives to the outer run after it is prepared.
pub(crate) type InnerTask = inner_runs::InnerTask<Envelope>;

/// What a run collected, until `prepare` makes the finished report of it. Each field knows whether the user set it or
/// the library captured it: what is explicit stands, what was captured may still be completed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Envelope {
    pub(crate) id: Option<TaskId>,
    /// The function whose run it is; none: the report is the user's own.
    pub(crate) target: Option<Target>,
    /// The id came from the program.
    pub(crate) is_named: bool,
    /// The agent that the report names; none: the reporter's.
    pub(crate) agent_id: Option<String>,
    /// Set when the report is accepted.
    pub(crate) sequence: Option<Sequence>,
    pub(crate) input: Field<Captured>,
    pub(crate) input_names: InputNames,
    /// The provider's responses that were declared, in order.
    pub(crate) responses: Vec<Declared>,
    /// What the runs inside this one leave to it.
    pub(crate) inner: InnerRuns<Self>,
    /// The data that the enclosing run will read.
    pub(crate) as_inner: Option<Arc<InnerTask>>,
    /// The responses were read before the report was prepared.
    pub(crate) is_recognised: bool,
    /// What the responses say together, where a span asks for it.
    #[cfg(feature = "tracing")]
    pub(crate) summary: Option<Box<Summary>>,
    /// Explicit until the responses are read.
    pub(crate) tokens: Option<Tokens>,
    pub(crate) is_success: Field<bool>,
    pub(crate) result: Field<Captured>,
    /// The JSON that the function returned where an explicit result stands. It may be a provider's response.
    pub(crate) returned: Option<String>,
    /// In seconds.
    pub(crate) duration: Option<f64>,
    /// Captured from the body, which responses may add to, or explicit.
    pub(crate) used_tools: Field<Vec<String>>,
    /// The JSON of the items of a stream that the run returned, a line each.
    pub(crate) chunks: String,
    /// Why the run ended early. The reported result begins with this text.
    pub(crate) failure: Option<String>,
    /// The run may not count as cancelled: its chunks may have a finish reason.
    pub(crate) may_be_finished: bool,
    /// The type of the error that the run ended with, which stands for its text when content is off.
    pub(crate) error_type: Option<Cow<'static, str>>,
    /// The run was reported as open at its deadline, so its result must replace the result of that report.
    pub(crate) passed_deadline: bool,
    /// `sample` left the run out, so it is reported only if it failed.
    pub(crate) only_if_failed: bool,
    /// The function's own limit for each field of content.
    pub(crate) max_bytes: Option<usize>,
}

/// A function that is instrumented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) module: &'static str,
    pub(crate) function: &'static str,
}

/// Which names in the input tell that a value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum InputNames {
    /// The names of all fields.
    #[default]
    Fields,
    /// The names of all fields but the outermost, which the function's author lists.
    Listed,
    /// The name of the only argument, whose value is the input, and the names of all fields.
    Value(&'static str),
}

/// One field of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Field<T> {
    #[default]
    Absent,
    /// From an argument, the return value or the error.
    Captured(T),
    /// From a key, the handle, or the user's own report.
    Explicit(T),
}

impl<T> Field<T> {
    pub(crate) fn get(self) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Captured(value) | Self::Explicit(value) => Some(value),
        }
    }

    pub(crate) fn get_ref(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Captured(value) | Self::Explicit(value) => Some(value),
        }
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Absent => None,
            Self::Captured(value) | Self::Explicit(value) => Some(value),
        }
    }

    /// Captures a value, unless there is an explicit one.
    pub(crate) fn capture(&mut self, value: Option<T>) {
        if let (Some(value), Self::Absent | Self::Captured(_)) = (value, &self) {
            *self = Self::Captured(value);
        }
    }

    fn capture_if_absent(&mut self, value: impl FnOnce() -> T) {
        if let Self::Absent = self {
            *self = Self::Captured(value());
        }
    }

    fn take_explicit(&mut self, other: Self) {
        if let Self::Explicit(_) = other {
            *self = other;
        }
    }

    pub(crate) fn set(&mut self, value: T) {
        *self = Self::Explicit(value);
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(explicit: Option<T>) -> Self {
        explicit.map_or(Self::Absent, Self::Explicit)
    }
}

impl Envelope {
    /// Gives the report its place in the order of all reports and, if it has none, its id.
    pub(crate) fn stamp(&mut self) -> Sequence {
        let sequence = Sequence::next();
        self.sequence = Some(sequence);
        self.is_named = self.id.is_some();
        self.id.get_or_insert_with(|| sequence.id());
        sequence
    }

    /// Its place in the order of all reports.
    #[cfg(feature = "http")]
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence.unwrap_or_else(Sequence::next)
    }

    /// Captures what the function returned: the result, unless there is an explicit one.
    pub(crate) fn capture_returned(&mut self, value: Captured) {
        match (&self.result, value) {
            (Field::Explicit(_), Captured::Json(json)) => self.returned = Some(json),
            (_, value) => self.result.capture(Some(value)),
        }
    }

    /// Adds an item of a stream that the run returned.
    pub(crate) fn add(&mut self, item: Produced) {
        match item {
            Produced::Value(Captured::Text(text)) => self.add_text(&text),
            Produced::Value(Captured::Json(json)) => {
                if self.chunks.len() + json.len() <= MAX_ITEMS {
                    // Raw JSON may have breaks between its tokens.
                    self.chunks.extend(json.split(['\n', '\r']));
                    self.chunks.push('\n');
                }
            }
            Produced::Value(Captured::Cut(cut)) => {
                self.add_text(cut.head_of_text().unwrap_or_default());
            }
            Produced::Nothing => {}
            Produced::Error(reason, error_type) => {
                self.error_type = Some(Cow::Borrowed(error_type));
                let reason = reason.map(Captured::into_text);
                self.failure = reason.or_else(|| Some(error_type.to_owned()));
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        self.result
            .capture_if_absent(|| Captured::Text(String::new()));
        if let Field::Captured(Captured::Text(result)) = &mut self.result
            && result.len() + text.len() <= MAX_ITEMS
        {
            result.push_str(text);
        }
    }

    /// Adds what keys said of a stream that the run returned.
    pub(crate) fn add_explicit(&mut self, said: Self) {
        self.responses.extend(said.responses);
        self.tokens = said.tokens.or(self.tokens);
        self.is_success.take_explicit(said.is_success);
        self.result.take_explicit(said.result);
        self.used_tools.take_explicit(said.used_tools);
    }

    /// How many bytes it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        let content = |field: &Field<Captured>| field.get_ref().map_or(0, Captured::bytes);
        let responses = self.responses.iter().map(Declared::bytes);
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let tools = self.used_tools.get_ref().into_iter().flatten();
        let tools = tools.map(|tool| size_of::<String>() + tool.len());
        size_of::<Self>()
            + text(&self.agent_id)
            + text(&self.failure)
            + tools.sum::<usize>()
            + content(&self.input)
            + content(&self.result)
            + text(&self.returned)
            + self.chunks.len()
            + self.inner.bytes()
            + responses.sum::<usize>()
    }

    /// What is known by now. The run goes on.
    pub(crate) fn so_far(&self) -> Self {
        Self {
            as_inner: None,
            ..self.clone()
        }
    }

    /// Whether nothing has happened in the run that a report could show.
    pub(crate) fn is_untouched(&self) -> bool {
        self.responses.is_empty() && self.inner.is_empty() && self.used_tools == Field::Absent
    }

    /// Whether it may hold a provider's response, or runs inside it do.
    pub(crate) fn may_have_responses(&self) -> bool {
        !self.responses.is_empty()
            || !self.chunks.is_empty()
            || !self.inner.is_empty()
            || self.returned.is_some()
            || matches!(self.result, Field::Captured(Captured::Json(_)))
    }

    /// Whether `sample` leaves the run out, as far as is known.
    pub(crate) fn is_left_out(&self) -> bool {
        self.only_if_failed && self.is_success.get() != Some(false)
    }

    /// The report as it will be sent.
    pub(crate) fn finish(self) -> TaskReport {
        let mut report = TaskReport::new();
        report.id = self.id.map(|id| id.to_string());
        report.agent_id = self.agent_id;
        report.input = self.input.get().map(Captured::into_text);
        let responses = self.responses.into_iter().filter_map(Declared::into_raw);
        report.llm_response = match <[_; 1]>::try_from(responses.collect::<Vec<_>>()) {
            Ok([only]) => Some(only),
            Err(none) if none.is_empty() => None,
            Err(several) => Some(json::raw_array(&several)),
        };
        report.tokens = self.tokens;
        report.is_success = self.is_success.get();
        report.result = self.result.get().map(Captured::into_text);
        report.duration = self.duration;
        report.used_tools = self.used_tools.get().unwrap_or_default();
        report
    }
}

impl From<TaskReport> for Envelope {
    fn from(report: TaskReport) -> Self {
        let agent_id = report.named_agent().map(str::to_owned);
        let responses = report.llm_response.into_iter();
        Self {
            agent_id,
            id: report.id.filter(|id| !id.is_empty()).map(TaskId::from),
            input: report.input.map(Captured::Text).into(),
            responses: responses.map(Declared::Given).collect(),
            tokens: report.tokens,
            is_success: report.is_success.into(),
            result: report.result.map(Captured::Text).into(),
            duration: report.duration,
            used_tools: Some(report.used_tools)
                .filter(|tools| !tools.is_empty())
                .into(),
            ..Self::default()
        }
    }
}
