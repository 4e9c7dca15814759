#[cfg(feature = "http")]
pub(crate) mod builder;
pub(crate) mod global;
pub(crate) mod init;
#[cfg(all(unix, feature = "signals"))]
mod signals;
pub(crate) mod spans_only;

use std::fmt;
use std::future::ready;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;
#[cfg(feature = "tower")]
use std::time::Instant;

use crate::envelope::Envelope;
#[cfg(feature = "tracing")]
use crate::envelope::redaction::Redaction;
use crate::report::TaskReport;
use crate::report::dead_letter::{DeadLetter, DeadLetters};
use crate::sink::delivery_outcome::DeliveryOutcome;
use crate::sink::stats::{FlushOutcome, NotPersisted, Stats};
use crate::sink::{Background, Flushing, Sink, Then, Wanted};
#[cfg(feature = "tower")]
use crate::sink::{Overdue, Watched};
use crate::support::block_on::block_on_for;
use crate::support::diagnostics::warn;
use crate::support::suppress::is_suppressed;
use crate::support::text::counted;

/// Accepts reports without blocking and delivers them in the background.
///
/// Cloning is cheap, and all clones are the same reporter. Delivery runs on a separate thread and does not use the
/// program's runtime. The thread starts with the first run or report, or immediately if there is a spool. After the last
/// clone is dropped, accepted reports are still delivered as long as the process runs.
///
/// It is safe to use after `fork`: the child starts its own thread and delivers only its own reports. As always, a child
/// that is forked while another thread of the parent starts a thread may be unable to start threads. Fork before you start
/// threads, or `exec` another program. A plugin that can be unloaded must [shut the reporter down](Self::shutdown) first.
///
/// Runs of `#[external_task]` functions go to the reporter that the attribute names. Without one, they go to the installed
/// reporter, or to one that the first run makes from the environment.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// use std::time::Duration;
/// use xpander_report::{Reporter, TaskReport};
///
/// let reporter = Reporter::builder()
///     .base_url("http://127.0.0.1:9") // no server listens there
///     .api_key("key")
///     .agent_id("agent-123")
///     .build()?;
/// reporter.report(TaskReport::new().input("2 + 2").result("4"));
/// let outcome = reporter.flush_blocking(Duration::from_millis(10));
/// assert_eq!(outcome.pending, 1);
/// # Ok::<(), xpander_report::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Reporter {
    /// `None`: the reporter is disabled.
    sink: Option<Arc<dyn Sink>>,
}

// Its locks survive a panic, and panics of the user's hooks are caught.
impl UnwindSafe for Reporter {}
impl RefUnwindSafe for Reporter {}

impl Reporter {
    pub(crate) fn new(sink: impl Sink + 'static) -> Self {
        Self {
            sink: Some(Arc::new(sink)),
        }
    }

    /// A reporter that drops everything.
    ///
    /// ```
    /// use xpander_report::{Reporter, TaskReport};
    ///
    /// let reporter = Reporter::disabled();
    /// reporter.report(TaskReport::new().input("not sent"));
    /// assert!(!reporter.is_enabled());
    /// ```
    pub fn disabled() -> Self {
        Self { sink: None }
    }

    /// The current reporter of runs without a `reporter` key: that of the recorder in scope, else the installed one, else
    /// the one from the environment. `None` if reporting is disabled.
    pub fn current() -> Option<Self> {
        global::current()
    }

    /// Whether it delivers reports. Runs for a disabled reporter capture nothing.
    pub fn is_enabled(&self) -> bool {
        self.sink.is_some()
    }

    /// Accepts a report for delivery. It does not block, except for one write to disk if there is a spool. It never fails:
    /// dropped reports are counted in [`stats`](Self::stats). A report without an id gets one, so that a retry cannot create
    /// a second task.
    pub fn report(&self, report: TaskReport) {
        self.accept(Box::new(report.into()));
    }

    /// Accepts a report like [`report`](Self::report), and waits for its delivery, at most for `timeout`. Use it in workers
    /// that acknowledge a job after the platform has its report.
    ///
    /// If the report is merged into another report of its task, the outcome is that of the other report. At the timeout, the
    /// outcome is [`Pending`](DeliveryOutcome::Pending), and the report is still delivered when possible. It works with any
    /// async runtime.
    ///
    #[cfg_attr(feature = "http", doc = "```")]
    #[cfg_attr(not(feature = "http"), doc = "```ignore")]
    /// use std::time::Duration;
    /// use xpander_report::{DeliveryOutcome, Reporter, TaskReport};
    ///
    /// # smol_like_block_on(async {
    /// # let config = xpander_report::Config::builder().variables([("", "")]);
    /// let reporter = Reporter::builder()
    ///     # .config(config)
    ///     .base_url("http://127.0.0.1:9") // no server listens there
    ///     .api_key("key")
    ///     .agent_id("agent-123")
    ///     .build()?;
    /// let report = TaskReport::new().id("job-17").result("done");
    /// match reporter.deliver(report, Duration::from_millis(10)).await {
    ///     DeliveryOutcome::Pending => {} // do not acknowledge the job: it comes again, under the same id
    ///     outcome => panic!("no server listens: {outcome:?}"),
    /// }
    /// # Ok::<(), xpander_report::ConfigError>(())
    /// # })?;
    /// # fn smol_like_block_on<F: Future>(f: F) -> F::Output {
    /// #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(f)
    /// # }
    /// # Ok::<(), xpander_report::ConfigError>(())
    /// ```
    pub async fn deliver(&self, report: TaskReport, timeout: Duration) -> DeliveryOutcome {
        let Some(sink) = &self.sink else {
            return DeliveryOutcome::Disabled;
        };
        // The library cannot wait for itself.
        if is_suppressed() {
            return DeliveryOutcome::Disabled;
        }
        let mut envelope = Box::new(Envelope::from(report));
        envelope.stamp();
        match sink.background() {
            Some(background) => background.deliver(envelope, timeout).await,
            None => {
                sink.accept(envelope);
                DeliveryOutcome::Delivered(None)
            }
        }
    }

    /// [`deliver`](Self::deliver) for code that is not async. It blocks this thread.
    pub fn deliver_blocking(&self, report: TaskReport, timeout: Duration) -> DeliveryOutcome {
        let delivering = self.deliver(report, timeout);
        block_on_for(delivering, patience(timeout)).unwrap_or(DeliveryOutcome::Pending)
    }

    /// Waits until all accepted reports are delivered or dropped, at most for `timeout`. Reports that wait for a retry are
    /// retried immediately. If the platform refuses the API key, it returns early. It works with any async runtime.
    pub async fn flush(&self, timeout: Duration) -> FlushOutcome {
        self.flush_then(timeout, Then::Continue).await
    }

    /// [`flush`](Self::flush) for code that is not async. It blocks this thread.
    pub fn flush_blocking(&self, timeout: Duration) -> FlushOutcome {
        self.wait(timeout, Then::Continue)
    }

    /// Flushes, then accepts no more reports. After `timeout`, the remaining reports stay in the spool, where another process
    /// can deliver them. Without a spool, they are dropped and counted.
    pub async fn shutdown(&self, timeout: Duration) -> FlushOutcome {
        self.flush_then(timeout, Then::Shutdown).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. It blocks this thread.
    pub fn shutdown_blocking(&self, timeout: Duration) -> FlushOutcome {
        self.wait(timeout, Then::Shutdown)
    }

    /// Waits until all accepted reports are safe, at most for `timeout`. A report is safe if it is delivered, or on disk as
    /// its `Durability` requires. Use it in workers that acknowledge a job after its report is safe. Without a spool, it
    /// waits for delivery.
    ///
    /// # Errors
    /// Some reports are not safe at the timeout, or reports were dropped in the last minute, possibly those of the caller.
    pub async fn persisted(&self, timeout: Duration) -> Result<(), NotPersisted> {
        match self.background() {
            Some(background) => background.persisted(timeout).await,
            None => Ok(()),
        }
    }

    /// [`persisted`](Self::persisted) for code that is not async. It blocks this thread.
    ///
    /// # Errors
    /// The same as for [`persisted`](Self::persisted).
    pub fn persisted_blocking(&self, timeout: Duration) -> Result<(), NotPersisted> {
        let patience = patience(timeout);
        block_on_for(self.persisted(timeout), patience).unwrap_or_else(|| {
            Err(NotPersisted {
                pending: self.stats().pending,
                dropped: 0,
                reason: None,
            })
        })
    }

    /// Waits until all reports in the spool are delivered, except those in files of other running processes, at most for
    /// `timeout`. [`flush`](Self::flush) waits only for the reports that this reporter accepted.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub async fn drain(&self, timeout: Duration) -> FlushOutcome {
        match self.background() {
            Some(background) => background.drain(timeout).await,
            None => FlushOutcome::default(),
        }
    }

    /// [`drain`](Self::drain) for code that is not async. It blocks this thread.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn drain_blocking(&self, timeout: Duration) -> FlushOutcome {
        self.block_on_outcome(self.drain(timeout), timeout)
    }

    /// The reports that the platform permanently refused, oldest first. With a spool, it includes those of other processes.
    /// They are read from disk one at a time.
    pub fn dead_letters(&self) -> DeadLetters {
        self.background()
            .map_or_else(DeadLetters::default, Background::dead_letters)
    }

    /// Resubmits the dead letters for which `choose` returns true, e.g. after the cause was fixed. Returns their number.
    pub fn retry_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.background()
            .map_or(0, |background| background.retry_dead_letters(&mut choose))
    }

    /// Deletes the dead letters for which `choose` returns true. Returns their number.
    pub fn delete_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.background()
            .map_or(0, |background| background.delete_dead_letters(&mut choose))
    }

    /// The reporter's counters.
    pub fn stats(&self) -> Stats {
        self.sink
            .as_ref()
            .map_or_else(Stats::default, |sink| sink.stats())
    }

    /// Makes this the reporter of every run without a reporter of its own. When the returned guard is dropped, it
    /// flushes for at most two seconds, or the builder's `exit_timeout`. Keep the guard until the end of `main`.
    ///
    /// # Errors
    /// A reporter is already installed, or an earlier run made one from the environment. The error returns this reporter.
    pub fn install(self) -> Result<ReporterGuard, AlreadyInstalled> {
        global::install(self.clone()).map_err(|reporter| AlreadyInstalled { reporter })?;
        Ok(self.guard())
    }

    pub(crate) fn guard(self) -> ReporterGuard {
        ReporterGuard { reporter: self }
    }

    fn background(&self) -> Option<&dyn Background> {
        self.sink.as_ref()?.background()
    }

    fn flush_then(&self, timeout: Duration, after: Then) -> Flushing<'_> {
        match self.background() {
            Some(background) => background.flush(timeout, after),
            None => Box::pin(ready(FlushOutcome::default())),
        }
    }

    fn wait(&self, timeout: Duration, after: Then) -> FlushOutcome {
        self.block_on_outcome(self.flush_then(timeout, after), timeout)
    }

    /// Waits a little longer than the worker should take, in case it cannot answer.
    fn block_on_outcome(
        &self,
        waiting: impl Future<Output = FlushOutcome>,
        timeout: Duration,
    ) -> FlushOutcome {
        block_on_for(waiting, patience(timeout)).unwrap_or_else(|| FlushOutcome {
            pending: self.stats().pending,
            timed_out: true,
            ..FlushOutcome::default()
        })
    }

    /// Whether reports may contain the content of runs.
    pub(crate) fn captures_content(&self) -> bool {
        self.sink
            .as_ref()
            .is_some_and(|sink| sink.redaction().captures_content())
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn redaction(&self) -> Option<&Redaction> {
        Some(self.sink.as_ref()?.redaction())
    }

    /// Whether content may go into spans.
    #[cfg(feature = "tracing")]
    pub(crate) fn lets_content_into_spans(&self) -> bool {
        self.redaction()
            .is_some_and(Redaction::lets_content_into_spans)
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn agent_id(&self) -> Option<&str> {
        self.sink.as_ref()?.agent_id()
    }

    /// How runs of this function are reported. `None`: they are not.
    pub(crate) fn wants(&self, module: &str, function: &str) -> Option<Wanted> {
        let sink = self.sink.as_ref()?;
        let wanted = sink.wants(module, function);
        (wanted.as_task || wanted.rolled_up).then_some(wanted)
    }

    /// Whether both are the same reporter, which prepares its reports in the order of acceptance.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.sink, &other.sink) {
            (Some(sink), Some(other)) => Arc::ptr_eq(sink, other),
            _ => false,
        }
    }

    /// Reports a run at this time, unless it is withdrawn before. `None` if the reporter does not deliver in the
    /// background.
    #[cfg(feature = "tower")]
    pub(crate) fn watch(&self, at: Instant, run: Box<dyn Overdue>) -> Option<Watched> {
        Some(self.background()?.watch(at, run))
    }

    #[cfg(feature = "tower")]
    pub(crate) fn unwatch(&self, watched: Watched) {
        if let Some(background) = self.background() {
            background.unwatch(watched);
        }
    }

    #[cfg(feature = "_middleware")]
    pub(crate) fn count_oversized(&self) {
        if let Some(sink) = &self.sink {
            sink.count_oversized();
        }
    }

    pub(crate) fn accept(&self, mut envelope: Box<Envelope>) {
        if let Some(sink) = self.sink.as_ref().filter(|_| !is_suppressed()) {
            if envelope.sequence.is_none() {
                envelope.stamp();
            }
            sink.accept(envelope);
        }
    }
}

impl AsRef<Self> for Reporter {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("enabled", &self.is_enabled())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// A little longer than `timeout`, in case the worker cannot answer.
fn patience(timeout: Duration) -> Duration {
    timeout.saturating_add(Duration::from_secs(2))
}

/// Flushes the installed reporter when it is dropped.
#[derive(Debug)]
#[must_use = "dropping the guard flushes immediately; keep it until the end of `main`"]
pub struct ReporterGuard {
    reporter: Reporter,
}

impl Drop for ReporterGuard {
    fn drop(&mut self) {
        let Some(background) = self.reporter.background() else {
            return;
        };
        let timeout = background.exit_timeout();
        let outcome = self.reporter.wait(timeout, Then::Exit);
        if outcome.pending > 0 {
            warn(format_args!(
                "{} not delivered at the end of `main`, within {timeout:?}; \
                 `ReporterBuilder::exit_timeout` gives them more time, and `xpander-report doctor` says why \
                 they wait",
                counted(outcome.pending, "report was", "reports were")
            ));
        }
    }
}

/// A reporter is already installed. The error returns the rejected one.
#[derive(Debug)]
#[non_exhaustive]
pub struct AlreadyInstalled {
    /// The reporter that was not installed.
    pub reporter: Reporter,
}

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a reporter is already installed, in code or by the first run; install yours once, \
             before the first run",
        )
    }
}

impl std::error::Error for AlreadyInstalled {}
