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

/// Accepts reports without blocking and delivers them in the background.
///
/// Cloning is cheap; all clones are the same reporter. Delivery runs on a thread of its own, which
/// starts with the first run or report (at once with a spool) and uses nothing of the program's runtime. When
/// the last clone is gone, what was accepted is still delivered as long as the process lives.
///
/// A process that is forked may go on with it: the child starts a thread of its own, and what the parent has
/// not delivered stays the parent's. As with all threads, a child that is forked while another thread of the
/// parent starts one may never be able to: fork before there are threads, or run another program. A plugin that can be unloaded must [shut it down](Self::shutdown) first.
///
/// Runs of `#[external_task]` functions go to the reporter that the attribute names, else to the
/// installed one, else to one made from the environment at the first run.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// use std::time::Duration;
/// use xpander_report::{Reporter, TaskReport};
///
/// let reporter = Reporter::builder()
///     .base_url("http://127.0.0.1:9") // nobody listens there
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
    /// None: it is off.
    sink: Option<Arc<dyn Sink>>,
}

// Its locks survive a panic, and what users hook into it is called with panics caught.
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

    /// The reporter that a run without a `reporter` key would go to just now: the recorder's in
    /// whose scope this is, else the installed one, else the one from the environment. `None` when
    /// reporting is off.
    pub fn current() -> Option<Self> {
        global::current()
    }

    /// Whether what it is given goes anywhere. Runs for a reporter that is off capture nothing.
    pub fn is_enabled(&self) -> bool {
        self.sink.is_some()
    }

    /// Takes a report for delivery. Waits for nothing and nobody (with a spool: but for one write to disk) and
    /// never fails: what cannot be kept is counted in [`stats`](Self::stats). A report without an id gets one, so that a retry cannot make a second
    /// task of it.
    pub fn report(&self, report: TaskReport) {
        self.accept(Box::new(report.into()));
    }

    /// Takes a report like [`report`](Self::report), and waits until it has ended, at most for `timeout`. For workers
    /// that acknowledge a job when the platform has its report.
    ///
    /// A report that is merged into another one of its task ends with that one. One that has not ended in time is
    /// [`Pending`](DeliveryOutcome::Pending), and is still delivered when that is possible. Needs no particular runtime.
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
    ///     .base_url("http://127.0.0.1:9") // nobody listens there
    ///     .api_key("key")
    ///     .agent_id("agent-123")
    ///     .build()?;
    /// let report = TaskReport::new().id("job-17").result("done");
    /// match reporter.deliver(report, Duration::from_millis(10)).await {
    ///     DeliveryOutcome::Pending => {} // do not acknowledge the job: it comes again, under the same id
    ///     outcome => panic!("nobody listens: {outcome:?}"),
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

    /// Waits until everything accepted so far is delivered or given up, at most for `timeout`.
    /// Reports that wait for a retry are tried at once. If the platform refuses the API key, it waits no
    /// longer. Needs no particular runtime.
    pub async fn flush(&self, timeout: Duration) -> FlushOutcome {
        self.flush_then(timeout, Then::Continue).await
    }

    /// [`flush`](Self::flush) for code that is not async. It blocks this thread.
    pub fn flush_blocking(&self, timeout: Duration) -> FlushOutcome {
        self.wait(timeout, Then::Continue)
    }

    /// Flushes, then takes no more reports. What is left after `timeout` is in the spool if there is one, and
    /// other processes may deliver it; else it is dropped and counted.
    pub async fn shutdown(&self, timeout: Duration) -> FlushOutcome {
        self.flush_then(timeout, Then::Shutdown).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. It blocks this thread.
    pub fn shutdown_blocking(&self, timeout: Duration) -> FlushOutcome {
        self.wait(timeout, Then::Shutdown)
    }

    /// Waits until everything accepted so far is safe, at most for `timeout`: on disk, as its `Durability`
    /// says, or delivered. For workers that acknowledge a job only then. Without a spool that is delivery alone.
    ///
    /// # Errors
    /// Something is not safe when the time is up; or reports were dropped in the last minute, among which may be
    /// those of the caller.
    pub async fn persisted(&self, timeout: Duration) -> Result<(), NotPersisted> {
        match self.background() {
            Some(background) => background.persisted(timeout).await,
            None => Ok(()),
        }
    }

    /// [`persisted`](Self::persisted) for code that is not async. It blocks this thread.
    ///
    /// # Errors
    /// Those of [`persisted`](Self::persisted).
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

    /// Waits until everything is delivered that is in the spool and that no other process has, at most for
    /// `timeout`. [`flush`](Self::flush) waits for what this reporter accepted.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub async fn drain(&self, timeout: Duration) -> FlushOutcome {
        match self.background() {
            Some(background) => background.drain(timeout).await,
            None => FlushOutcome::default(),
        }
    }

    /// The reports that the platform refused for good, oldest first; with a spool, also those of other
    /// processes. Reads one at a time from disk.
    pub fn dead_letters(&self) -> DeadLetters {
        self.background()
            .map_or_else(DeadLetters::default, Background::dead_letters)
    }

    /// Accepts again those of them that `choose` says, after what was wrong with them has been mended on the
    /// platform's side. Returns how many.
    pub fn retry_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.background()
            .map_or(0, |background| background.retry_dead_letters(&mut choose))
    }

    /// Deletes those of them that `choose` says. Returns how many.
    pub fn delete_dead_letters(&self, mut choose: impl FnMut(&DeadLetter) -> bool) -> usize {
        self.background()
            .map_or(0, |background| background.delete_dead_letters(&mut choose))
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        self.sink
            .as_ref()
            .map_or_else(Stats::default, |sink| sink.stats())
    }

    /// Makes this the reporter of every run that names none, and returns a guard that flushes when it is
    /// dropped, for two seconds or as long as `exit_timeout` of the builder says. Keep the guard until the end
    /// of `main`.
    ///
    /// # Errors
    /// There is one already: installed, or made from the environment by an earlier run. This one is
    /// handed back.
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

    /// Waits a little longer than the worker should take, whatever became of it.
    fn wait(&self, timeout: Duration, after: Then) -> FlushOutcome {
        let flushing = self.flush_then(timeout, after);
        block_on_for(flushing, patience(timeout)).unwrap_or_else(|| FlushOutcome {
            pending: self.stats().pending,
            timed_out: true,
            ..FlushOutcome::default()
        })
    }

    /// Whether content of runs may leave.
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

    /// What becomes of the runs of this function.
    pub(crate) fn wants(&self, module: &str, function: &str) -> Option<Wanted> {
        let sink = self.sink.as_ref()?;
        let wanted = sink.wants(module, function);
        (wanted.as_task || wanted.rolled_up).then_some(wanted)
    }

    /// Whether both are the same reporter: its reports are prepared in the order in which it accepts them.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.sink, &other.sink) {
            (Some(sink), Some(other)) => Arc::ptr_eq(sink, other),
            _ => false,
        }
    }

    /// Reports a run at this time, unless it is withdrawn before. None: nothing is delivered in the background.
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

/// The worker answers in time, unless something is very wrong with it.
fn patience(timeout: Duration) -> Duration {
    timeout.saturating_add(Duration::from_secs(2))
}

/// Flushes the installed reporter when it is dropped.
#[derive(Debug)]
#[must_use = "dropping the guard flushes at once; keep it until the end of `main`"]
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
                "{} reports were not delivered when the guard was dropped; flush for longer, or see \
                 why they wait",
                outcome.pending
            ));
        }
    }
}

/// A reporter was installed before; the later one is handed back.
#[derive(Debug)]
pub struct AlreadyInstalled {
    /// The reporter that was not installed.
    pub reporter: Reporter,
}

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a reporter is installed already, by hand or from the environment at the first run; \
             install yours once, before the first run",
        )
    }
}

impl std::error::Error for AlreadyInstalled {}
