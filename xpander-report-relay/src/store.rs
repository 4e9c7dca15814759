//! What keeps reports until they are delivered.

use std::fmt;
use std::pin::Pin;

use xpander_report::TaskReport;
use xpander_report::relay::SenderSequence;
use xpander_report_http::body::InProgress;

/// A report that came in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) id: String,
    /// With its agent.
    pub(crate) report: TaskReport,
    /// Where it stands among those of its process, if that says so.
    pub(crate) sender: Option<SenderSequence>,
    /// Its bytes count among those in progress until it is kept, also when nobody waits for the answer any more.
    pub(crate) in_progress: InProgress,
}

/// The report is not kept.
#[derive(Debug)]
pub(crate) struct NotKept {
    pub(crate) why: String,
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

pub(crate) type Keeping = Pin<Box<dyn Future<Output = Result<(), NotKept>> + Send>>;

/// Accepts reports durably. What it has accepted is where the forwarder takes it from.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// Ends well when the report is durable, and not before. Nothing waits in memory alone.
    fn keep(&self, incoming: Incoming) -> Keeping;

    /// Whether a report would be kept now. It may do some I/O.
    fn check(&self) -> Result<(), NotKept>;
}
