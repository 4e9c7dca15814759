//! Responses that the middleware reads, over real HTTP.
#![deny(warnings, clippy::pedantic)]

mod clients;
mod limits;
mod runs;
mod streams;
mod transparency;

use std::future::Future;

use xpander_report::TaskReport;
use xpander_report::testing::Recorder;

/// The output of `run`, and the reports of its runs.
async fn record<T>(run: impl Future<Output = T>) -> (T, Vec<TaskReport>) {
    let recorder = Recorder::new();
    let value = recorder.scope(run).await;
    (value, recorder.take())
}

fn only(reports: &[TaskReport]) -> &TaskReport {
    let [report] = reports else {
        panic!("one report: {reports:#?}")
    };
    report
}

/// The responses of a report, as they would be sent.
fn raw(report: &TaskReport) -> Option<&str> {
    Some(report.llm_response.as_ref()?.get())
}
