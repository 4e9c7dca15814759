//! The report of a call: input, result, success, failure, and the keys of `#[external_task]`.

mod a_result_inside_another;
mod depth;
mod functions;
mod ids;
mod input;
mod keys;
mod locks;
mod outcomes;
mod reasons;
mod recorder;
mod values;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use xpander_report::testing::Recorder;
use xpander_report::{Agent, Reporter, TaskReport, Tokens, current_task, external_task};

fn record<T>(run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    let mut reports = recorder.take();
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

fn record_async<T>(run: impl Future<Output = T>) -> TaskReport {
    record(|| smol::block_on(run))
}

fn outcome(report: &TaskReport) -> (bool, Option<&str>) {
    (report.is_success.unwrap(), report.result.as_deref())
}

#[derive(Debug)]
struct Outer(Inner);
#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model was not reached")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl Error for Inner {}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(serde::Serialize, Clone)]
struct Order {
    id: u32,
    note: String,
}

fn order() -> Order {
    Order {
        id: 7,
        note: "fast".into(),
    }
}

#[test]
fn a_test_of_a_panic_needs_no_assertion_of_unwind_safety() {
    #[external_task]
    fn explodes() {
        panic!("boom");
    }
    let recorder = Recorder::new();
    let caught = std::panic::catch_unwind(|| recorder.in_scope(explodes));
    assert!(caught.is_err());
    assert_eq!(recorder.take()[0].result.as_deref(), Some("panicked: boom"));
}
