//! If workers and servers are killed and the platform is down, every job is still one task in the history.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::place::{Place, eventually, jobs};
use crate::worker::Worker;
use xpander_report_examples::model::{MODEL, SLOW_MODEL};

/// The steps between which a worker may be killed, and before the first and after the last one.
const STEPS: [&str; 4] = ["taken", "summarised", "persisted", "acknowledged"];

/// Kills a worker at each step of a job, and lets another one finish it.
async fn kill_at_every_step(place: &Place) {
    for step in STEPS {
        let worker = Worker::that_stands_still_at(step, place);
        worker.says(step);
        worker.kill();
    }
    finish(place).await;
}

/// Lets a worker finish the remaining jobs.
async fn finish(place: &Place) {
    let worker = Worker::start(place);
    eventually("the queue is empty", async || place.nats.jobs().await == 0).await;
    assert!(worker.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_between_any_two_steps() {
    let place = Place::new().await;
    let jobs = jobs(0..6);
    place.enqueue(&jobs);
    kill_at_every_step(&place).await;
    place.every_job_is_one_task(&jobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_may_be_away_all_the_while() {
    let mut place = Place::new().await;
    let jobs = jobs(0..6);
    place.platform_goes();
    place.enqueue(&jobs);
    kill_at_every_step(&place).await;

    place.platform_comes_back();
    assert_eq!(place.history(), []);
    // Only the delivery remains.
    let _worker = Worker::start(&place);
    place.every_job_is_one_task(&jobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_and_the_queues_server_may_be_killed_at_any_moment() {
    let rounds: usize = std::env::var("KILLS").map_or(12, |kills| kills.parse().unwrap());
    let mut place = Place::new().await;
    let mut all = BTreeMap::new();
    let more = |place: &Place, all: &mut BTreeMap<_, _>| {
        let jobs = jobs(all.len()..all.len() + 10);
        place.enqueue(&jobs);
        all.extend(jobs);
    };
    let random = RandomState::new();
    for round in 0..rounds {
        match round % 4 {
            1 => place.platform_goes(),
            3 => place.platform_comes_back(),
            _ => {}
        }
        // In some rounds the kill comes while the model works, in others at any step.
        place.model_name = [MODEL, SLOW_MODEL][usize::from(round % 3 == 0)];
        more(&place, &mut all);
        let worker = Worker::start(&place);
        worker.says("taken");
        let moment = Duration::from_micros(random.hash_one(round) % 200_000);
        worker.goes_on_for(moment);
        if round % 6 == 2 {
            place.nats.kill_and_restart();
            more(&place, &mut all);
            worker.says("taken");
            worker.goes_on_for(moment);
        }
        worker.kill();
        println!("round {round}: killed after {moment:?}");
    }
    place.model_name = MODEL;
    place.platform_comes_back();
    // It does not wait for an empty queue: a server may count jobs again that it had removed before it was killed.
    let _worker = Worker::start(&place);
    place.every_job_is_one_task(&all).await;
}
