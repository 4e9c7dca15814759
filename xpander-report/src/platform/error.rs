use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::support::bounded::MAX_CAPTURED;
use crate::support::error_chain;

/// Why a call to the platform failed.
///
/// Its texts never contain the API key.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or malformed. Nothing was sent.
    Config(ConfigError),
    /// The platform could not be reached, or the connection broke or took too long.
    Transport(TransportError),
    /// The platform answered with an error status.
    Status(StatusError),
    /// The platform answered with success, but the answer could not be read.
    Decode(DecodeError),
}

/// A setting is missing or malformed. Its `Debug` also says what to do, because a `main` that returns it prints
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The environment variable that would set it.
    pub variable: &'static str,
    pub(crate) setting: &'static str,
    pub(crate) problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Missing,
    Invalid(String),
    /// The system lacks it now, but may have it later.
    Lacking(String),
}

/// A request that got no answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// Whether it timed out.
    pub is_timeout: bool,
    pub(crate) doing: String,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

/// An answer with an error status.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusError {
    /// The HTTP status.
    pub status: u16,
    /// The platform's explanation: the answer's `detail`, or the start of its body.
    pub detail: String,
    /// Whether the platform itself answered. Its errors are JSON with a `detail`. Other answers come from a server in
    /// between, such as a proxy, and do not concern the request.
    pub is_from_platform: bool,
    /// The delay before the next attempt, as requested by the platform.
    pub retry_after: Option<Duration>,
}

/// A successful answer that could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// The start of the answer's body.
    pub body: String,
    pub(crate) source: serde_json::Error,
}

/// A refusal that lasts until somebody changes something. Reports are kept until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The platform refuses the key (401), and so all reports.
    Key,
    /// The platform refuses the reports of one agent (403).
    Agent,
}

/// What happens to a report after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent again.
    Retry,
    /// It waits for a change of the key or the agent.
    Keep(Refusal),
    /// Its content is truncated.
    Cut,
    /// It becomes a dead letter.
    Refuse,
}

impl ConfigError {
    pub(crate) const fn missing(variable: &'static str, setting: &'static str) -> Self {
        Self {
            variable,
            setting,
            problem: Problem::Missing,
        }
    }

    pub(crate) fn invalid(
        variable: &'static str,
        setting: &'static str,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            variable,
            setting,
            problem: Problem::Invalid(problem.into()),
        }
    }
}

impl Error {
    /// Whether the same request may succeed later. A reporter retries such a report. The last column lists what it does
    /// in other cases.
    ///
    /// | error | from the platform (JSON with `detail`) | from a server in between | a reporter |
    /// |---|---|---|---|
    /// | no connection, a timeout, an answer that cannot be read, a 2xx without a task | yes | yes | |
    /// | 3xx, 408, 425, 429, 5xx | yes | yes | |
    /// | 401 | no | yes | keeps all reports, and retries periodically |
    /// | 403 | no | yes | keeps the agent's reports, and retries periodically |
    /// | 413 | no | no | truncates the report's content, once |
    /// | any other 4xx | no | yes | makes a [dead letter](crate::DeadLetter) of the report |
    /// | the system has no certificate authorities | yes | | |
    /// | a setting is missing or malformed | no | | makes a dead letter of the report |
    pub fn is_retryable(&self) -> bool {
        self.verdict() == Verdict::Retry
    }

    /// What happens to the report; see [`is_retryable`](Self::is_retryable).
    pub(crate) fn verdict(&self) -> Verdict {
        let error = match self {
            Self::Config(error) => {
                return match error.problem {
                    Problem::Lacking(_) => Verdict::Retry,
                    Problem::Missing | Problem::Invalid(_) => Verdict::Refuse,
                };
            }
            Self::Transport(_) | Self::Decode(_) => return Verdict::Retry,
            Self::Status(error) => error,
        };
        match error.status {
            413 => Verdict::Cut,
            _ if !error.is_from_platform => Verdict::Retry,
            401 => Verdict::Keep(Refusal::Key),
            403 => Verdict::Keep(Refusal::Agent),
            408 | 425 | 429 => Verdict::Retry,
            400..=499 => Verdict::Refuse,
            _ => Verdict::Retry,
        }
    }

    /// The refusal that this error means, if any.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.verdict() {
            Verdict::Keep(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// A temporary failure.
    pub(crate) fn broken(
        doing: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Transport(TransportError {
            is_timeout: false,
            doing: doing.into(),
            source: source.into(),
        })
    }

    /// A request that was cancelled because it took much longer than others.
    pub(crate) fn hanging() -> Self {
        let problem = "it took much longer than other requests, which wait for the same connection";
        Self::Transport(TransportError {
            is_timeout: true,
            doing: "the request".to_owned(),
            source: problem.into(),
        })
    }

    /// Whether the request got no answer in time.
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_timeout)
    }

    /// The error and its sources, in one line.
    pub(crate) fn with_sources(&self) -> String {
        error_chain::join(self, self.source(), MAX_CAPTURED).into_text()
    }

    /// The delay before the next attempt that the platform asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(error) => error.retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
            Self::Status(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Config(_) | Self::Status(_) => None,
            Self::Transport(error) => error.source(),
            Self::Decode(error) => error.source(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            variable, setting, ..
        } = self;
        match &self.problem {
            Problem::Missing => write!(
                f,
                "no `{setting}`: set the environment variable {variable}, or set it in code"
            ),
            Problem::Invalid(problem) | Problem::Lacking(problem) => {
                write!(f, "`{setting}` ({variable}): {problem}")
            }
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for ConfigError {}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_timeout {
            "timed out"
        } else {
            "failed"
        };
        write!(f, "{} {what}", self.doing)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the platform answered {}", self.status)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl StdError for StatusError {}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the platform's answer could not be read; it begins with `{}`",
            self.body
        )
    }
}

impl StdError for DecodeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
