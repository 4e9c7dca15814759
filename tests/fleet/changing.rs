//! One relay forwards, and another takes over when it stops, dies or is paused.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use xpander_report_tests::raw::send;
use xpander_report_tests::{platform, until};

use crate::nats::Server;
use crate::process::{LEASE, Process};
use crate::support::{Fleet, HEADERS, REPORT, post, start, status, status_of};

#[test]
fn reports_arrive_by_way_of_the_stream() {
    let fleet = Fleet::start();
    for number in 0..50 {
        let id = number % 10;
        let body = format!(r#"{{"id":"t-{id}","result":"{number}"}}"#);
        let answer = fleet.post(&body);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["id"], format!("t-{id}"));
    }
    fleet.drain();
    for id in 0..10 {
        let task = fleet.platform.task(&format!("t-{id}")).unwrap().unwrap();
        assert_eq!(task.result.as_deref(), Some(&*format!("{}", 40 + id)));
    }
    let status = status(&fleet.relay);
    assert!(status.is_forwarding, "{status:?}");
    assert_eq!(status.accepted, 50);
    assert_eq!(status.delivered + status.merged + status.superseded, 50);
    let stream = status.stream.unwrap();
    assert_eq!((&*stream.name, stream.replicas), ("XPANDER_REPORTS", 1));
}

#[test]
fn a_relay_that_stops_hands_over_at_once() {
    let fleet = Fleet::start();
    until(|| status(&fleet.relay).is_forwarding);
    let second = start(&fleet.platform.url(), &fleet.server).unwrap();
    let name = fleet.relay.name().to_owned();
    until(|| status(&second).forwarder.as_ref() == Some(&name));
    assert_eq!(post(&second, r#"{"id":"by-the-other"}"#).status, 200);
    until(|| fleet.platform.task("by-the-other").unwrap().is_some());
    let Fleet {
        relay,
        platform,
        server: _server,
        _dir,
    } = fleet;
    let begin = Instant::now();
    relay.stop();
    assert_eq!(post(&second, r#"{"id":"after"}"#).status, 200);
    until(|| platform.task("after").unwrap().is_some());
    // The lease is 15 s long.
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn a_relay_that_is_killed_or_paused_is_followed_within_the_lease() {
    let dir = TempDir::new().unwrap();
    let (server, platform) = (Server::start(dir.path()), platform());
    let start = || Process::start(&platform.url(), &server.url(), 1, 0);
    let report = |relay: &Process, id: &str| {
        let (line, body) = (format!("POST {REPORT}"), format!(r#"{{"id":"{id}"}}"#));
        let answer = send(relay.address, &line, &HEADERS, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        until(|| platform.task(id).unwrap().is_some());
    };
    let mut first = start();
    report(&first, "one");
    let second = start();
    let third = start();
    first.kill();
    let begin = Instant::now();
    report(&second, "two");
    assert!(begin.elapsed() < 3 * LEASE, "{:?}", begin.elapsed());
    // Whichever forwards now is paused, and does not disturb the other one when it goes on.
    let name = status_of(second.address).unwrap().forwarder.unwrap();
    let (paused, other) = match name == second.name {
        true => (&second, &third),
        false => (&third, &second),
    };
    paused.pause();
    report(other, "three");
    paused.resume();
    until(|| {
        status_of(paused.address).is_some_and(|it| it.forwarder.as_ref() == Some(&other.name))
    });
    report(paused, "four");
}
