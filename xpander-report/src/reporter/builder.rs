use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Reporter;
use crate::delivery::Delivery;
use crate::delivery::settings::{Durability, Limits, Overflow, Settings, SpoolSettings};
use crate::delivery::targets::Targets;
use crate::envelope::redaction::Redaction;
use crate::platform::config::ConfigBuilder;
use crate::platform::error::ConfigError;
use crate::report::TaskReport;
use crate::sink::event::{Event, Listener};

/// Builds a [`Reporter`] that delivers to the platform.
///
/// Settings that are not set here come from the environment; see [`Config`](crate::Config).
///
/// | limit | default | set by |
/// |---|---|---|
/// | captured bytes of one field | 32 MiB | |
/// | reported sources of an error | 64 | |
/// | bytes of a returned stream's items | 16 MiB | |
/// | bytes of a response caught in the HTTP client | 16 MiB, 64 MiB in one run | |
/// | bytes of base64 of one image, recording or file in an input or result | 16 KiB | [`Redaction::max_media_bytes`] |
/// | bytes of one field of content | 1 MiB | [`max_bytes`](Self::max_bytes), a function's key `max_bytes` |
/// | waiting reports | 10,000 | [`queue_capacity`](Self::queue_capacity) |
/// | approximate bytes of waiting reports | 64 MiB | [`queue_bytes`](Self::queue_bytes) |
/// | bytes of the spool's files | 1 GiB | [`spool_bytes`](Self::spool_bytes) |
/// | of those, bytes of dead letters and damaged pieces | a quarter | |
/// | of those, bytes to remember deliveries whose files are gone | a sixteenth, 2 MiB at most | |
/// | bytes of recently spooled reports in memory | 4 MiB | |
/// | age of a report in the spool | 7 days | [`spool_age`](Self::spool_age) |
/// | dead letters | 1,000 in memory (16 MiB), 10,000 in the spool | |
/// | remembered tasks of other processes | 10,000 | |
/// | reports in memory of all failing or refused agents, while other agents work | a quarter of `queue_capacity` and of `queue_bytes` | |
/// | bytes of the positions of such reports on disk | a quarter of `queue_bytes` | |
/// | remembered deliveries, so that a late report overwrites nothing newer | 10,000 tasks | |
/// | time before its deadline at which an open run is reported | 0.5 s, at most half of its time | `TaskLayer::margin` |
/// | concurrent requests | 4 | [`connections`](Self::connections) |
/// | concurrent requests of all failing agents | 1 | |
/// | failed attempts after which an agent or the platform counts as failing | all of the first 5, or 80 % of the last 20 to 40 | |
/// | timeout of a request if other agents need its connection | 8 times the usual time, at least 1 s, doubling with each attempt | |
/// | agents whose last attempts are remembered | 1,000 | |
/// | time for the remaining reports when the program ends | 2 s | [`exit_timeout`](Self::exit_timeout) |
/// | first delay before a retry, doubling, with random jitter | 0.5 s | |
/// | longest delay before a retry | 60 s | |
/// | delay before a refused key or agent is retried, doubling, with random jitter | 30 s to 10 min | |
/// | content of a report after a 413 | 16 KiB per field | |
/// | longest accepted `Retry-After` | 10 min | |
/// | opening a connection | 5 s | [`ConfigBuilder::connect_timeout`] |
/// | one request | 15 s | [`ConfigBuilder::timeout`] |
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ReporterBuilder {
    config: ConfigBuilder,
    limits: Limits,
    redaction: Redaction,
    targets: Targets,
    listener: Listener,
    delivers_on_signals: bool,
    spool: SpoolSettings,
}

impl Reporter {
    /// A builder with nothing set.
    pub fn builder() -> ReporterBuilder {
        ReporterBuilder::default()
    }

    /// A reporter that is configured by the environment.
    ///
    /// # Errors
    /// A variable is missing or malformed. The error names it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }
}

impl ReporterBuilder {
    /// The platform's address; see [`ConfigBuilder::base_url`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.config = self.config.base_url(base_url);
        self
    }

    /// The API key.
    pub fn api_key(mut self, api_key: impl AsRef<str>) -> Self {
        self.config = self.config.api_key(api_key);
        self
    }

    /// The agent of runs without an agent of their own.
    pub fn agent_id(mut self, agent_id: impl Into<String>) -> Self {
        self.config = self.config.agent_id(agent_id);
        self
    }

    /// Replaces all settings of the connection.
    pub fn config(mut self, config: ConfigBuilder) -> Self {
        self.config = config;
        self
    }

    /// The most reports that may wait. Further reports are dropped and counted. At least 1.
    pub fn queue_capacity(mut self, reports: usize) -> Self {
        self.limits.queue_capacity = reports.max(1) as u64;
        self
    }

    /// The approximate bytes that waiting reports may hold. Further reports are dropped and counted.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.limits.queue_bytes = bytes;
        self
    }

    /// Which reports to drop when the queue is full. By default, the newest are rejected.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.limits.overflow = overflow;
        self
    }

    /// Keeps reports in this directory until they are delivered, so that they survive a crash. Each report is written
    /// before the call that accepts it returns, unless [`durability`](Self::durability) says otherwise. The default is
    /// `XPANDER_REPORT_SPOOL_DIR`, or no spool.
    ///
    /// Several processes may share a directory. If a process leaves reports behind, another process of the same user
    /// delivers them. Each user has a subdirectory, so the directory may be a shared volume. Only the owner can read
    /// the files. They contain reports as they will be sent: responses are read, and content is redacted, before the
    /// call returns.
    ///
    /// The platform dates a report by its arrival.
    ///
    /// If the directory cannot be used, a warning says so. The reporter tries again with each report, and keeps reports
    /// in memory until then.
    pub fn spool(mut self, dir: impl Into<PathBuf>) -> Self {
        self.spool.dir = Some(dir.into());
        self
    }

    /// When an accepted report is safe, if there is a spool.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.spool.durability = durability;
        self
    }

    /// The approximate size of the spool, including the files of this user's other processes. A quarter is for dead
    /// letters and damaged pieces; the oldest are deleted to make room. The rest is for waiting reports and their
    /// acknowledgements. When it is full, reports are kept in memory.
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool.limits.bytes = bytes;
        self
    }

    /// How long a report may wait in the spool. Older reports are dropped and counted when they are read.
    pub fn spool_age(mut self, age: Duration) -> Self {
        self.spool.limits.age = age;
        self
    }

    /// The number of concurrent requests. At least 1.
    pub fn connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
        self
    }

    /// How long the end of the program waits for the delivery of the remaining reports: when `main` returns or panics, or
    /// on [`std::process::exit`]. Zero does not wait. If a guard was dropped, it has already waited.
    pub fn exit_timeout(mut self, timeout: Duration) -> Self {
        self.limits.exit_timeout = timeout;
        self
    }

    /// Sets the redaction of content; see [`Redaction`].
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Whether content is sent; see [`Redaction::capture_content`]. `XPANDER_REPORT_CAPTURE_CONTENT=false`
    /// overrides this setting.
    pub fn capture_content(mut self, content: bool) -> Self {
        self.redaction = self.redaction.capture_content(content);
        self
    }

    /// The most bytes of each field of content; see [`Redaction::max_bytes`].
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.redaction = self.redaction.max_bytes(max_bytes);
        self
    }

    /// A function that may rewrite each report, see [`Redaction::before_send`].
    pub fn before_send(mut self, hook: impl Fn(&mut TaskReport) + Send + Sync + 'static) -> Self {
        self.redaction = self.redaction.before_send(hook);
        self
    }

    /// A function that is called for each [`Event`]. It runs on the delivery thread, so it should return quickly:
    /// nothing is delivered in the meantime. Its panics are caught. Runs inside the function are not reported.
    ///
    /// ```
    /// use xpander_report::{Event, Reporter};
    ///
    /// let reporter = Reporter::builder()
    ///     .on_event(|event| match event {
    ///         Event::Refused { task_id, error, .. } => eprintln!("{task_id} is not in the history: {error}"),
    ///         Event::Dropped { reports, .. } => eprintln!("{} runs are not reported", reports.total()),
    ///         _ => {}
    ///     })
    ///     .base_url("http://127.0.0.1:4319")
    ///     .api_key("key")
    ///     .build()?;
    /// # Ok::<(), xpander_report::ConfigError>(())
    /// ```
    pub fn on_event(mut self, listen: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Listener::new(listen);
        self
    }

    /// Delivers the remaining reports on SIGTERM, SIGINT and SIGHUP, for at most the
    /// [exit timeout](Self::exit_timeout). Then the signal's default action ends the program. A second signal ends it
    /// immediately. Unix only. A program that handles these signals itself should flush or keep a guard instead.
    #[cfg(all(unix, feature = "signals"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "signals")))]
    pub fn deliver_on_signals(mut self) -> Self {
        self.delivers_on_signals = true;
        self
    }

    /// Reports only the runs of functions under these paths, such as `my_app` or `my_app::billing`.
    /// The default is `XPANDER_REPORT_TARGETS`, or all runs.
    pub fn only<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets
            .only
            .extend(targets.into_iter().map(Into::into));
        self
    }

    /// Reports no runs of functions under these paths.
    pub fn except<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets
            .except
            .extend(targets.into_iter().map(Into::into));
        self
    }

    /// Counts the runs of functions under these paths in the enclosing run: such a run is not a task, and its responses,
    /// tokens and tools count in the outer run. Outside any run, it is a task, unless [`only`](Self::only) leaves it
    /// out. `XPANDER_REPORT_ROLLUP` adds paths; the key `rollup` of the attribute does the same for one function.
    ///
    /// ```
    /// use xpander_report::Reporter;
    ///
    /// let reporter = Reporter::builder()
    ///     .rollup(["their_crate", "my_app::model"])
    ///     .base_url("http://127.0.0.1:4319")
    ///     .api_key("key")
    ///     .build()?;
    /// # Ok::<(), xpander_report::ConfigError>(())
    /// ```
    pub fn rollup<T: Into<String>>(mut self, targets: impl IntoIterator<Item = T>) -> Self {
        self.targets
            .rollup
            .extend(targets.into_iter().map(Into::into));
        self
    }

    /// Checks the settings and makes the reporter. If `XPANDER_REPORT_DISABLED` is set, the reporter is
    /// disabled, and nothing else is checked.
    ///
    /// # Errors
    /// A setting is missing or malformed. The error names the variable that would set it.
    pub fn build(self) -> Result<Reporter, ConfigError> {
        if self.config.is_disabled()? {
            return Ok(Reporter::disabled());
        }
        #[cfg(all(unix, feature = "signals"))]
        if self.delivers_on_signals {
            crate::reporter::signals::watch();
        }
        Ok(Reporter::new(Delivery::new(self.settings()?)))
    }

    pub(crate) fn settings(self) -> Result<Settings, ConfigError> {
        let listed = Targets::parse(&self.config.targets()?);
        let mut targets = self.targets;
        if targets.only.is_empty() {
            targets.only = listed.only;
        }
        targets.except.extend(listed.except);
        let rollup = self.config.rollup()?;
        targets.rollup.extend(Targets::parse_rollup(&rollup));
        let mut redaction = self.redaction;
        if !self.config.captures_content()? {
            redaction = redaction.capture_content(false);
        }
        if !self.config.scrubs()? {
            redaction = redaction.scrub(false);
        }
        let spool_dir = self.config.spool_dir()?;
        let spool = SpoolSettings {
            dir: self.spool.dir.or(spool_dir.map(PathBuf::from)),
            ..self.spool
        };
        Ok(Settings {
            config: Arc::new(self.config.build()?),
            limits: self.limits,
            redaction,
            targets,
            listener: self.listener,
            delivers_on_signals: self.delivers_on_signals,
            spool,
            #[cfg(feature = "_relay")]
            keeper: None,
        })
    }
}
