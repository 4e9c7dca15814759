use crate::delivery::Delivery;
use crate::error::ConfigError;
use crate::{ConfigBuilder, Reporter};

/// The bounds of a reporter, with their defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Reports accepted and not settled: in the queue, on the way, waiting for a retry.
    pub(crate) queue_capacity: u64,
    /// Requests on the way at once.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_capacity: 10_000,
            connections: 4,
        }
    }
}

/// Builds a [`Reporter`] that delivers to the platform.
///
/// What it is not given comes from the environment, see [`Config`](crate::Config).
///
/// | limit | default | set by |
/// |---|---|---|
/// | reports that wait | 10,000 | [`queue_capacity`](Self::queue_capacity) |
/// | requests at once | 4 | [`connections`](Self::connections) |
/// | first wait before a retry, doubling, drawn at random | 0.5 s | |
/// | longest wait before a retry | 60 s | |
/// | longest `Retry-After` that is believed | 10 min | |
/// | opening a connection | 5 s | [`ConfigBuilder::connect_timeout`] |
/// | one request | 15 s | [`ConfigBuilder::timeout`] |
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ReporterBuilder {
    config: ConfigBuilder,
    limits: Limits,
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

    /// How many requests may be on the way at once. At least 1.
    pub fn connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
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
        Ok(Reporter::new(Delivery::new(
            self.config.build()?,
            self.limits,
        )))
    }
}
