//! Responses that the middleware catches on their way, over real HTTP.
#![deny(warnings, clippy::pedantic)]

#[path = "caught/clients.rs"]
mod clients;
#[path = "caught/limits.rs"]
mod limits;
#[path = "caught/provider.rs"]
mod provider;
#[path = "caught/runs.rs"]
mod runs;
#[path = "caught/streams.rs"]
mod streams;
#[path = "caught/transparency.rs"]
mod transparency;

use std::future::Future;

use xpander_report::TaskReport;
use xpander_report::testing::Recorder;

/// What `run` gives, and the reports of the runs in it.
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
