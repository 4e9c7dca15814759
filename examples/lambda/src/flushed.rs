use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use xpander_report::Reporter;

/// How long a platform that does not answer may hold the response.
const MAX_FLUSH: Duration = Duration::from_secs(2);

/// What is left of the invocation's time for the response itself.
const MARGIN: Duration = Duration::from_millis(500);

/// What `handling` gives, once the reports made so far have been delivered.
///
/// Lambda freezes the process when it has answered, and may never let it go on: a report that has not
/// left by then comes late or never. So this waits for the reports, whether `handling` succeeds, fails or
/// panics. It waits for two seconds at most, and ends half a second before the `deadline`, when Lambda kills
/// the process. What is not delivered by then stays in memory and goes with the next invocation.
///
/// The reports are those of runs that have ended. A task that `handling` spawns and does not wait for ends
/// later, and so does a response that is streamed.
pub async fn flushed<T>(deadline: SystemTime, handling: impl Future<Output = T>) -> T {
    let handled = AssertUnwindSafe(handling).catch_unwind().await;
    if let Some(reporter) = Reporter::current() {
        let left = deadline.duration_since(SystemTime::now());
        let left = left.unwrap_or_default().saturating_sub(MARGIN);
        let outcome = reporter.flush(left.min(MAX_FLUSH)).await;
        if outcome.pending > 0 {
            eprintln!(
                "{} reports have not reached the platform yet; they go with the next invocation",
                outcome.pending
            );
        }
    }
    handled.unwrap_or_else(|panic| resume_unwind(panic))
}
