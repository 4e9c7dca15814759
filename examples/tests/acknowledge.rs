//! Each job of the example becomes one task.

#[path = "../acknowledge.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod acknowledge;

use xpander_report_local::{Fault, LocalPlatform};

#[tokio::test]
async fn a_job_is_acknowledged_when_the_platform_has_its_report() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    platform.inject(Fault::status(503).times(3));
    let jobs = acknowledge::run(&platform, ["one", "two"]);
    let mut acknowledged = jobs.await.unwrap();
    acknowledged.sort_unstable();
    assert_eq!(acknowledged, ["one", "two"]);
    let mut tasks: Vec<_> = platform
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.id)
        .collect();
    tasks.sort_unstable();
    assert_eq!(tasks, ["one", "two"]);
}

#[tokio::test]
async fn a_job_whose_report_is_refused_is_not_acknowledged() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    platform.inject(Fault::status(422));
    let refused = acknowledge::run(&platform, ["one"]).await.unwrap_err();
    assert!(refused.to_string().contains("422"), "{refused}");
}
