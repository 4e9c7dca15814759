//! Tests of your own instrumentation: a reporter that records its reports.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::report::TaskReport;
use super::reporter::{Reporter, global};
use crate::envelope::Envelope;
use crate::envelope::prepare::prepare;
use crate::envelope::redaction::Redaction;
use crate::sink::stats::{Counter, Stats};
use crate::sink::{Background, Sink, Wanted};
use crate::support::sync::lock;

/// Records the reports of the runs in its scope, so that a test can check them.
///
/// ```
/// use xpander_report::{external_task, testing::Recorder};
///
/// #[external_task]
/// async fn shout(text: &str) -> String {
///     text.to_uppercase()
/// }
///
/// # futures_lite_block_on(async {
/// let recorder = Recorder::new();
/// recorder.scope(shout("hello")).await;
/// let reports = recorder.take();
/// assert_eq!(reports[0].input.as_deref(), Some("hello"));
/// assert_eq!(reports[0].result.as_deref(), Some("HELLO"));
/// # });
/// # fn futures_lite_block_on(f: impl Future<Output = ()>) {
/// #     let mut f = std::pin::pin!(f);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     assert!(f.as_mut().poll(&mut cx).is_ready());
/// # }
/// ```
#[derive(Clone)]
pub struct Recorder {
    kept: Arc<Kept>,
    reporter: Reporter,
}

#[derive(Default)]
struct Kept {
    redaction: Redaction,
    envelopes: Mutex<Vec<Envelope>>,
    accepted: Counter,
    oversized: Counter,
}

impl Sink for Arc<Kept> {
    fn wants(&self, _module: &str, _function: &str) -> Wanted {
        Wanted {
            as_task: true,
            rolled_up: false,
        }
    }

    fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    fn agent_id(&self) -> Option<&str> {
        None
    }

    fn accept(&self, envelope: Box<Envelope>) {
        self.accepted.add(1);
        lock(&self.envelopes).push(*envelope);
    }

    fn count_oversized(&self) {
        self.oversized.add(1);
    }

    fn stats(&self) -> Stats {
        Stats {
            oversized: self.oversized.get(),
            accepted: self.accepted.get(),
            delivered: self.accepted.get(),
            ..Stats::default()
        }
    }

    fn background(&self) -> Option<&dyn Background> {
        None
    }
}

// Its lock survives a panic: tests of panics record them.
impl UnwindSafe for Recorder {}
impl RefUnwindSafe for Recorder {}

impl Recorder {
    /// An empty recorder.
    pub fn new() -> Self {
        Self::with_redaction(Redaction::new())
    }

    /// A recorder that applies this redaction to its reports.
    pub fn with_redaction(redaction: Redaction) -> Self {
        let kept = Arc::new(Kept {
            redaction,
            ..Kept::default()
        });
        Self {
            reporter: Reporter::new(Arc::clone(&kept)),
            kept,
        }
    }

    /// A reporter that records here, for code that takes a reporter.
    pub fn reporter(&self) -> Reporter {
        self.reporter.clone()
    }

    /// Runs a future with this recorder in place of the installed reporter, so that parallel tests do not mix. The scope
    /// follows the future, but not the tasks that it spawns: use [`everywhere`](Self::everywhere) for those.
    ///
    /// If a function returns a future but is not async, such as a method under `#[async_trait]`, its run begins when it is
    /// called. Call it inside the scope: `recorder.scope(async { ask().await })`.
    pub fn scope<F: Future>(&self, future: F) -> Scope<F> {
        Scope {
            reporter: self.reporter(),
            future: Some(future),
        }
    }

    /// [`scope`](Self::scope) for code that is not async.
    pub fn in_scope<T>(&self, code: impl FnOnce() -> T) -> T {
        let _scope = global::enter_scope(self.reporter());
        code()
    }

    /// Records the runs of all threads and tasks, including spawned ones. While the guard exists, the recorder replaces the
    /// installed reporter. The call waits until no other test of this process has such a guard. It also records the runs of
    /// parallel tests that have no recorder.
    ///
    /// Wait for spawned work before you call [`take`](Self::take).
    ///
    /// ```
    /// use xpander_report::{external_task, testing::Recorder};
    ///
    /// #[external_task]
    /// fn index(page: u32) -> u32 {
    ///     page * 2
    /// }
    ///
    /// let recorder = Recorder::new();
    /// let _everywhere = recorder.everywhere();
    /// let spawned = std::thread::spawn(|| index(7));
    /// spawned.join().unwrap();
    /// assert_eq!(recorder.take()[0].result.as_deref(), Some("14"));
    /// ```
    pub fn everywhere(&self) -> Everywhere {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = lock(&TURN);
        Everywhere {
            _stand_in: global::stand_in(self.reporter()),
            _turn: turn,
        }
    }

    /// Removes and returns the recorded reports, in order, as they would be sent.
    pub fn take(&self) -> Vec<TaskReport> {
        let mut envelopes = std::mem::take(&mut *lock(&self.kept.envelopes));
        envelopes.sort_by_key(|envelope| envelope.sequence);
        let envelopes = envelopes.into_iter();
        envelopes
            .filter_map(|envelope| prepare(envelope, &self.kept.redaction))
            .collect()
    }
}

/// Records the runs of all threads until it is dropped; see [`Recorder::everywhere`].
#[must_use = "it records until it is dropped"]
pub struct Everywhere {
    // In the order in which they are dropped.
    _stand_in: global::StandIn,
    _turn: MutexGuard<'static, ()>,
}

impl fmt::Debug for Everywhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Everywhere")
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("accepted", &self.kept.accepted.get())
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// A future whose runs are recorded; see [`Recorder::scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Scope<F> {
        reporter: Reporter,
        // Gone only when this is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Scope<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _scope = global::enter_scope(this.reporter.clone());
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = global::enter_scope(this.reporter.clone());
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}
