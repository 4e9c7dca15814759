//! Jobs that fail, are redelivered or are set aside.

use std::collections::BTreeMap;

use crate::place::{Place, eventually, jobs};
use crate::worker::Worker;
use example_queue_worker::queue::ACK_WAIT;
use xpander_report_examples::model::{CONTEXT_WINDOW, PACE, SLOW_MODEL};
use xpander_report_examples::{summary, tokens};
use xpander_report_local::TaskStatus;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_enqueued_twice_is_one_job() {
    let place = Place::new().await;
    let jobs = jobs(1..3);
    let said = place.enqueue(&jobs);
    assert_eq!(
        said,
        "job-1: enqueued\njob-2: enqueued\n2 jobs are to be done.\n"
    );
    let said = place.enqueue(&jobs);
    assert_eq!(
        said,
        "job-1: known already\njob-2: known already\n2 jobs are to be done.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_finishes_what_it_has_in_hand() {
    let mut place = Place::new().await;
    place.model_name = SLOW_MODEL;
    place.enqueue(&jobs(1..4));
    let worker = Worker::start(&place);
    worker.says("taken");
    assert!(worker.stop().success());
    assert_eq!(place.nats.jobs().await, 2);
    place.every_job_is_one_task(&jobs(1..2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_longer_than_the_queue_waits_is_done_once() {
    let mut place = Place::new().await;
    place.model_name = SLOW_MODEL;
    let sentence = |word: &str| format!("{} end here.", format!("{word} ").repeat(42).trim());
    let text = ["Foxes", "Badgers", "Otters"].map(sentence).join(" ");
    let tokens = u32::try_from(tokens::count(&summary::summarise(&text, 3))).unwrap();
    assert!(PACE * tokens > ACK_WAIT, "{tokens} tokens");
    let jobs = BTreeMap::from([("long".to_owned(), text)]);
    place.enqueue(&jobs);
    let _workers = [Worker::start(&place), Worker::start(&place)];
    place.every_job_is_one_task(&jobs).await;
    eventually("the queue is empty", async || place.nats.jobs().await == 0).await;
    assert_eq!(place.model().requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_report_is_not_safe_stays_in_the_queue() {
    let mut place = Place::new().await;
    place.spool = None;
    place.platform_goes();
    let jobs = jobs(1..2);
    place.enqueue(&jobs);
    let worker = Worker::start(&place);
    worker.says("given back: 1 report is neither on disk nor delivered");
    assert_eq!(place.nats.jobs().await, 1);

    place.platform_comes_back();
    worker.says("job-1: acknowledged");
    place.every_job_is_one_task(&jobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_again_and_again_is_a_failed_task_and_put_aside() {
    let place = Place::new().await;
    let window = usize::try_from(CONTEXT_WINDOW).unwrap();
    let too_long = "word ".repeat(window + 1);
    place.enqueue(&BTreeMap::from([("too-long".to_owned(), too_long)]));
    let worker = Worker::start(&place);
    worker.says("given back: it is tried again");
    worker.says("given back: it is tried again");
    worker.says("too-long: put aside: ");
    assert_eq!(place.nats.jobs().await, 0);
    let dead = place.nats.dead_jobs().await;
    let [(job, reason)] = &dead[..] else {
        panic!("one job: {dead:?}")
    };
    assert!(job.starts_with(br#"{"id":"too-long""#));
    assert!(reason.contains("context"), "{reason}");

    assert!(worker.stop().success());
    let [(id, status, _, result)] = &place.history()[..] else {
        panic!("one task: {:?}", place.history())
    };
    assert_eq!((id.as_str(), *status), ("too-long", TaskStatus::Failed));
    assert!(result.contains("context"), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_job_is_put_aside_as_it_came_and_stops_nobody() {
    let place = Place::new().await;
    let strange: [&[u8]; 5] = [
        b"",
        b"\xff\xfe",
        br#"{"id": 7, "text": "a"}"#,
        br#"{"id": " ", "text": "a"}"#,
        br#"{"id": "a\nb\u001b[31m", "text": "a"}"#,
    ];
    let worker = Worker::start(&place);
    eventually("the worker has made the queue", async || {
        place.nats.has_queue().await
    })
    .await;
    for payload in strange {
        place.nats.publish(payload.to_vec()).await;
    }
    let jobs = jobs(1..2);
    place.enqueue(&jobs);
    worker.says("job-1: acknowledged");
    assert_eq!(place.nats.jobs().await, 0);
    let dead = place.nats.dead_jobs().await;
    assert_eq!(
        dead.iter().map(|(job, _)| &job[..]).collect::<Vec<_>>(),
        strange
    );
    assert!(dead[3].1.contains("no id"), "{dead:?}");
    place.every_job_is_one_task(&jobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_it_says_what_to_start() {
    let place = Place::new().await;
    let mut environment = place.environment();
    environment[0].1 = "nats://user:secret@127.0.0.1:9".to_owned();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_example-queue-worker"))
        .env_clear()
        .envs(environment)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("no NATS server answers at 127.0.0.1:9"),
        "{said}"
    );
    assert!(said.contains("nats-server --jetstream"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
