use std::time::Duration;

use crate::delivery::Delivery;
use crate::error::ConfigError;
use crate::targets::Targets;
use crate::{ConfigBuilder, Redaction, Reporter, TaskReport};

/// The bounds of a reporter, with their defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Reports accepted and not settled: in the queue, on the way, waiting for a retry.
    pub(crate) queue_capacity: u64,
    /// The bytes that they hold.
    pub(crate) queue_bytes: usize,
    /// Requests on the way at once.
    pub(crate) connections: usize,
    /// How long the end of the program waits.
    pub(crate) exit_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_capacity: 10_000,
            queue_bytes: 64 << 20,
            connections: 4,
            exit_timeout: Duration::from_secs(2),
        }
    }
}

/// Builds a [`Reporter`] that delivers to the platform.
///
/// What it is not given comes from the environment, see [`Config`](crate::Config).
///
/// | limit | default | set by |
/// |---|---|---|
/// | bytes of a returned stream's items | 16 MiB | |
/// | bytes of a response that is caught in the HTTP client | 16 MiB, 64 MiB in one run | |
/// | bytes of one field of content | 1 MiB | [`max_bytes`](Self::max_bytes), a function's key `max_bytes` |
/// | reports that wait | 10,000 | [`queue_capacity`](Self::queue_capacity) |
/// | bytes that they hold, about | 64 MiB | [`queue_bytes`](Self::queue_bytes) |
/// | requests at once | 4 | [`connections`](Self::connections) |
/// | wait for what is left when the program ends | 2 s | [`exit_timeout`](Self::exit_timeout) |
/// | first wait before a retry, doubling, drawn at random | 0.5 s | |
/// | longest wait before a retry | 60 s | |
/// | wait before a refused key or agent is tried again, doubling, drawn at random | 30 s to 10 min | |
/// | content of a report that the platform found too large | 16 KiB a field | |
/// | longest `Retry-After` that is believed | 10 min | |
/// | opening a connection | 5 s | [`ConfigBuilder::connect_timeout`] |
/// | one request | 15 s | [`ConfigBuilder::timeout`] |
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ReporterBuilder {
    config: ConfigBuilder,
    limits: Limits,
    redaction: Redaction,
    targets: Targets,
}

impl Reporter {
    /// A builder with nothing set.
    pub fn builder() -> ReporterBuilder {
        ReporterBuilder::default()
    }

    /// A reporter for the configuration that the environment gives.
    ///
    /// # Errors
    /// A variable that is missing or malformed, by its name.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }
}

impl ReporterBuilder {
    /// Where the platform is, see [`ConfigBuilder::base_url`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.config = self.config.base_url(base_url);
        self
    }

    /// The key that proves who is speaking.
    pub fn api_key(mut self, api_key: impl AsRef<str>) -> Self {
        self.config = self.config.api_key(api_key);
        self
    }

    /// The agent in whose history runs appear that name none themselves.
    pub fn agent_id(mut self, agent_id: impl Into<String>) -> Self {
        self.config = self.config.agent_id(agent_id);
        self
    }

    /// Replaces all settings of the connection.
    pub fn config(mut self, config: ConfigBuilder) -> Self {
        self.config = config;
        self
    }

    /// How many reports may wait; further ones are dropped and counted. At least 1.
    pub fn queue_capacity(mut self, reports: usize) -> Self {
        self.limits.queue_capacity = reports.max(1) as u64;
        self
    }

    /// How many bytes the reports that wait may hold, about; further ones are dropped and counted.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.limits.queue_bytes = bytes;
        self
    }

    /// How many requests may be on the way at once. At least 1.
    pub fn connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
        self
    }

    /// How long the end of the program waits for what is not delivered yet, when `main` returns or panics
    /// or somebody calls [`std::process::exit`]; zero: not at all. A guard that was dropped has waited.
    pub fn exit_timeout(mut self, timeout: Duration) -> Self {
        self.limits.exit_timeout = timeout;
        self
    }

    /// Replaces what of a report's content may leave; see [`Redaction`].
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Whether content leaves, see [`Redaction::capture_content`]. `XPANDER_REPORT_CAPTURE_CONTENT=false`
    /// switches it off whatever is said here.
    pub fn capture_content(mut self, content: bool) -> Self {
        self.redaction = self.redaction.capture_content(content);
        self
    }

    /// How many bytes each field of content may have, see [`Redaction::max_bytes`].
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.redaction = self.redaction.max_bytes(max_bytes);
        self
    }

    /// A function that may rewrite each report, see [`Redaction::before_send`].
    pub fn before_send(mut self, hook: impl Fn(&mut TaskReport) + Send + Sync + 'static) -> Self {
        self.redaction = self.redaction.before_send(hook);
        self
    }

    /// Takes only the runs of functions under these paths, such as `my_app` or `my_app::billing`.
    /// Without it, those of `XPANDER_REPORT_TARGETS`, else all.
    pub fn only<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets
            .only
            .extend(targets.into_iter().map(Into::into));
        self
    }

    /// Takes no runs of functions under these paths.
    pub fn except<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets
            .except
            .extend(targets.into_iter().map(Into::into));
        self
    }

    /// Checks the settings and makes the reporter. With `XPANDER_REPORT_DISABLED` set it is one
    /// that is off, and nothing else is checked.
    ///
    /// # Errors
    /// A setting that is missing or malformed, with the variable that would set it.
    pub fn build(self) -> Result<Reporter, ConfigError> {
        if self.config.is_disabled()? {
            return Ok(Reporter::off());
        }
        let listed = Targets::parse(&self.config.targets()?);
        let mut targets = self.targets;
        if targets.only.is_empty() {
            targets.only = listed.only;
        }
        targets.except.extend(listed.except);
        let redaction = if self.config.captures_content()? {
            self.redaction
        } else {
            self.redaction.capture_content(false)
        };
        Ok(Reporter::new(Delivery::new(
            self.config.build()?,
            self.limits,
            redaction,
            targets,
        )))
    }
}
