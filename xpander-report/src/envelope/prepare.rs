//! The one step between what a run collected and the finished report.

use super::recognition::recognise;
use super::redaction::Redaction;
use crate::envelope::Envelope;
use crate::report::TaskReport;
use crate::support::diagnostics::warn;
use crate::support::panics::catch_panic;

/// Reads the provider's responses, fills what is not explicit, takes away what may not leave, applies the limits and
/// calls `before_send`. None: the run was not drawn, and did not fail.
///
/// This happens once for each report. Nothing unredacted may reach a disk, so with a durable spool the accepting thread
/// does it; otherwise the worker does.
pub(crate) fn prepare(mut envelope: Envelope, redaction: &Redaction) -> Option<TaskReport> {
    if catch_panic(|| recognise(&mut envelope)).is_none() {
        warn(format_args!("a response was not read because of a panic"));
    }
    let is_sampled_out = envelope.is_left_out();
    (!is_sampled_out).then(|| redaction.finish(envelope))
}
