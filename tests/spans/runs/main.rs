//! Runs as spans.

mod attributes;
mod ends;
mod nesting;
mod streams;
mod tools;
mod usage;
mod without_a_reporter;

use xpander_report::TaskReport;
use xpander_report::testing::Recorder;
use xpander_report_tests_spans::{Spans, spans};

/// The spans of this code, and its reports.
fn traced(code: impl FnOnce()) -> (Spans, Vec<TaskReport>) {
    let recorder = Recorder::new();
    let spans = spans(|| recorder.in_scope(code));
    (spans, recorder.take())
}
