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
/// What it is not given comes from the environment, see [`Config`](crate::Config).
///
/// | limit | default | set by |
/// |---|---|---|
/// | bytes of one field that are captured; the work stops there | 32 MiB | |
/// | sources of an error that are told | 64 | |
/// | bytes of a returned stream's items | 16 MiB | |
/// | bytes of a response that is caught in the HTTP client | 16 MiB, 64 MiB in one run | |
/// | bytes of base64 of one image, recording or file in an input or result | 16 KiB | [`Redaction::max_media_bytes`] |
/// | bytes of one field of content | 1 MiB | [`max_bytes`](Self::max_bytes), a function's key `max_bytes` |
/// | reports that wait | 10,000 | [`queue_capacity`](Self::queue_capacity) |
/// | bytes that they hold, about | 64 MiB | [`queue_bytes`](Self::queue_bytes) |
/// | bytes of the spool's files | 1 GiB | [`spool_bytes`](Self::spool_bytes) |
/// | of those, bytes of what was refused or damaged | a quarter | |
/// | of those, bytes of what was delivered of tasks whose files are gone | a sixteenth, 2 MiB at most | |
/// | bytes of what was just written to the spool, kept in memory for the worker | 4 MiB | |
/// | how long a report waits in the spool | 7 days | [`spool_age`](Self::spool_age) |
/// | reports kept that the platform refused | 1,000 in memory (16 MiB), 10,000 in the spool | |
/// | tasks of which it is known what other processes delivered | 10,000 | |
/// | reports in memory of all agents whose reports fail or are refused, while those of others arrive | a quarter of `queue_capacity` and of `queue_bytes` | |
/// | bytes of the places of those that are on disk only | a quarter of `queue_bytes` | |
/// | tasks of which it is remembered what was delivered, so that a late report undoes nothing | 10,000 | |
/// | how long before its deadline a run that is open is reported | 0.5 s, half of its time at most | `TaskLayer::margin` |
/// | requests at once | 4 | [`connections`](Self::connections) |
/// | requests at once of agents whose reports fail, together | 1 | |
/// | tries by which an agent, or the platform, is taken to fail | all of the first 5, or 80 % of the last 20 to 40 | |
/// | a request is given up if reports of other agents wait for its connection | after 8 times the usual time, at least 1 s, doubling with each try | |
/// | agents of which the last tries are remembered | 1,000 | |
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
    listener: Listener,
    delivers_on_signals: bool,
    spool: SpoolSettings,
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

    /// Which reports are dropped when as many wait as may; by default those that come.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.limits.overflow = overflow;
        self
    }

    /// Keeps reports in this directory until they are delivered, so that they survive what happens to the
    /// program: each is written there before the call that hands it over returns, unless
    /// [`durability`](Self::durability) says otherwise. Without it, the directory of
    /// `XPANDER_REPORT_SPOOL_DIR`, else none.
    ///
    /// Several processes may share a directory; what one leaves behind when it ends, the next one or another
    /// one of the same user delivers. Each user has a folder of its own there, so the directory may be a volume that
    /// others write to. The files can be read by their owner only, and hold reports as they would be sent: a
    /// response is read, and content taken away or rewritten, before the call returns.
    ///
    /// A report is dated by the platform when it arrives.
    ///
    /// A directory that cannot be used is told and tried again with each report; until then reports are kept
    /// in memory.
    pub fn spool(mut self, dir: impl Into<PathBuf>) -> Self {
        self.spool.dir = Some(dir.into());
        self
    }

    /// When a report that was accepted is safe, if there is a spool.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.spool.durability = durability;
        self
    }

    /// How many bytes the spool's files may have together, about, those of other processes of this user included.
    /// A quarter is for dead letters and damaged pieces, which stay for somebody to look at; the oldest of them make
    /// room. The rest is for reports that wait and the notes of what has ended; beyond it reports are kept in memory.
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.spool.limits.bytes = bytes;
        self
    }

    /// How long a report may wait in the spool; older ones are dropped and counted when their turn comes.
    pub fn spool_age(mut self, age: Duration) -> Self {
        self.spool.limits.age = age;
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

    /// A function that hears of what becomes of reports. It is called on the library's own thread, where it
    /// should not stay for long: nothing is delivered meanwhile. A panic of it is caught, and what it reports
    /// itself is not.
    ///
    /// ```
    /// use xpander_report::{Event, Reporter};
    ///
    /// let reporter = Reporter::builder()
    ///     .on_event(|event| match event {
    ///         Event::Refused { task_id, error } => eprintln!("{task_id} is not in the history: {error}"),
    ///         Event::Dropped { reports } => eprintln!("{} runs are not reported", reports.total()),
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

    /// On SIGTERM, SIGINT and SIGHUP delivers what is left, for as long as the
    /// [end of the program](Self::exit_timeout) may take, then ends the program as that signal does when
    /// nobody listens; a second one ends it at once. On Unix only. Not for programs that end themselves on a
    /// signal: those flush, or keep a guard.
    #[cfg(all(unix, feature = "signals"))]
    #[cfg_attr(docsrs, doc(cfg(feature = "signals")))]
    pub fn deliver_on_signals(mut self) -> Self {
        self.delivers_on_signals = true;
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

    /// Counts the runs of functions under these paths in the run around them: such a run is no task, and its responses,
    /// tokens and tools are those of the outer one. Outside a run it is a task, unless [`only`](Self::only) leaves it
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

    /// Checks the settings and makes the reporter. With `XPANDER_REPORT_DISABLED` set it is one
    /// that is off, and nothing else is checked.
    ///
    /// # Errors
    /// A setting that is missing or malformed, with the variable that would set it.
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
        })
    }
}
