use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tower::service_fn;
use xpander_report::{Reporter, external_task};
use xpander_report_local::TaskStatus;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, config, platform, waiting};

use crate::{Job, call, job, layer, reporter};

async fn answer(job: Job) -> Result<usize, Infallible> {
    Ok(job.text.len())
}

#[test]
fn an_answer_that_is_flushed_comes_after_its_report_has_arrived() {
    let platform = platform();
    let reporter = reporter(platform.url());
    let layer = layer().reporter(reporter).flush(LONG);
    for id in ["job-1", "job-2"] {
        call(&layer, service_fn(answer), job(id)).unwrap();
        let task = platform.task(id).unwrap().unwrap();
        assert_eq!(task.status, TaskStatus::Completed);
    }
}

#[test]
fn a_panic_is_flushed_before_it_goes_on() {
    let platform = platform();
    let reporter = reporter(platform.url());
    let layer = layer().reporter(reporter).flush(LONG);
    let at_once =
        service_fn(|_: Job| -> std::future::Ready<Result<(), Infallible>> { panic!("at once") });
    let later = service_fn(|job: Job| async move {
        assert!(job.text.is_empty(), "later");
        Ok::<_, Infallible>(())
    });
    catch_unwind(AssertUnwindSafe(|| call(&layer, at_once, job("job-1")))).unwrap_err();
    let task = platform.task("job-1").unwrap().unwrap();
    assert_eq!(task.result.as_deref(), Some("panicked: at once"));
    catch_unwind(AssertUnwindSafe(|| call(&layer, later, job("job-2")))).unwrap_err();
    let task = platform.task("job-2").unwrap().unwrap();
    assert_eq!(task.result.as_deref(), Some("panicked: later"));
}

#[test]
fn runs_inside_a_call_are_flushed_with_it() {
    #[external_task(id = "inner", reporter = reporter)]
    async fn inner(reporter: &Reporter) {}

    let platform = platform();
    let reporter = reporter(platform.url());
    let handler = service_fn(|_: Job| {
        let reporter = reporter.clone();
        async move {
            inner(&reporter).await;
            Ok::<_, Infallible>(())
        }
    });
    let layer = layer().reporter(reporter.clone()).flush(LONG);
    call(&layer, handler, job("outer")).unwrap();
    assert_eq!(platform.tasks().unwrap().len(), 2);
}

#[test]
fn a_platform_that_is_away_holds_an_answer_no_longer_than_was_said() {
    let reporter = reporter(away().0);
    let layer = layer().reporter(reporter.clone());
    let started = Instant::now();
    let layer = layer.flush(Duration::from_millis(20));
    call(&layer, service_fn(answer), job("job-1")).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(20));
    assert_eq!(reporter.stats().pending, 1);
}

#[test]
fn a_wait_ends_before_the_deadline() {
    let server = Server::always(Answer::Silence);
    let reporter = reporter(server.url());
    let layer = layer().reporter(reporter).flush(LONG);
    let job = Job {
        time: Some(Duration::from_millis(200)),
        ..job("job-1")
    };
    let started = Instant::now();
    call(&layer, service_fn(answer), job).unwrap();
    assert!(started.elapsed() < LONG);
}

#[test]
fn an_answer_that_waits_until_its_report_is_safe_finds_it_on_disk() {
    let dir = TempDir::new().unwrap();
    let builder = Reporter::builder().config(config(away().0));
    let reporter = builder.spool(dir.path()).build().unwrap();
    let layer = layer().reporter(reporter).persisted(LONG);
    call(&layer, service_fn(answer), job("job-1")).unwrap();
    assert_eq!(waiting(dir.path()), 1);
}

#[test]
fn an_answer_comes_all_the_same_if_its_report_is_not_safe() {
    let reporter = reporter(away().0);
    let layer = layer().reporter(reporter);
    let layer = layer.persisted(Duration::from_millis(1));
    assert_eq!(call(&layer, service_fn(answer), job("job-1")).unwrap(), 10);
}
