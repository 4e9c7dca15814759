//! Failures, and whose they are.

use super::*;

/// Has the reports of an agent fail until its breaker opens. Returns how many that took.
fn open(simulation: &mut Simulation, agent: &str) -> usize {
    for tries in 1..100 {
        simulation.report(&format!("{agent}-{tries}"), agent);
        for id in simulation.go() {
            simulation.fail(&id, AWAY);
        }
        if simulation.outbox.is_failing(agent) {
            return tries;
        }
    }
    panic!("it never opens");
}

/// Has a report of an agent delivered.
fn deliver(simulation: &mut Simulation, id: &str, agent: &str) {
    simulation.report(id, agent);
    for id in simulation.go() {
        simulation.outbox.delivered(&id, simulation.now);
    }
}

#[test]
fn while_one_agent_fails_another_goes_on() {
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "first", "good");
    assert_eq!(open(&mut simulation, "bad"), 5);
    for report in 0..100 {
        let name = report.to_string();
        simulation.report(&format!("bad {name}"), "bad");
        simulation.report(&name, "good");
        assert_eq!(simulation.names(), std::slice::from_ref(&name));
        let id = TaskId::from(name);
        simulation.outbox.delivered(&id, simulation.now);
    }
}

#[test]
fn a_report_that_always_fails_does_not_keep_those_of_its_agent() {
    let mut simulation = Simulation::new();
    simulation.report("poison", "a");
    let mut delivered = 0;
    for report in 0..50 {
        simulation.report(&report.to_string(), "a");
        for id in simulation.go() {
            if id.to_string() == "poison" {
                simulation.fail(&id, AWAY);
            } else {
                simulation.outbox.delivered(&id, simulation.now);
                delivered += 1;
            }
        }
        simulation.sleep();
    }
    assert_eq!(delivered, 50);
}

#[test]
fn a_probe_is_another_report_than_the_one_that_failed() {
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "first", "good");
    open(&mut simulation, "bad");
    simulation.report("other", "bad");
    let mut probes = Vec::new();
    for _ in 0..3 {
        simulation.sleep();
        for id in simulation.go() {
            probes.push(id.to_string());
            simulation.fail(&id, AWAY);
        }
    }
    probes.dedup();
    assert!(probes.len() > 1, "{probes:?}");
}

#[test]
fn agents_that_fail_share_one_request() {
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "first", "good");
    for agent in ["a", "b", "c"] {
        open(&mut simulation, agent);
        simulation.report(&format!("next of {agent}"), agent);
    }
    simulation.now += 100 * SECOND;
    let probe = simulation.go();
    assert_eq!(probe.len(), 1, "{probe:?}");
    simulation.report("second", "good");
    assert_eq!(simulation.names(), ["second"]);
    // Each has its turn.
    let mut agents = std::collections::BTreeSet::new();
    let mut probe = probe;
    for _ in 0..10 {
        for id in probe {
            let agent = simulation.outbox.agent(&id).expect("an agent").to_owned();
            agents.insert(agent);
            simulation.fail(&id, AWAY);
        }
        simulation.now += 100 * SECOND;
        probe = simulation.go();
    }
    assert!(
        agents.iter().map(String::as_str).eq(["a", "b", "c"]),
        "{agents:?}"
    );
}

#[test]
fn a_wait_that_the_platform_asks_for_concerns_one_agent_and_that_of_two_all() {
    let asked = Failure {
        asked: Some(30 * SECOND),
        ..AWAY
    };
    let mut simulation = Simulation::new();
    for agent in ["a", "b", "c"] {
        deliver(&mut simulation, &format!("first of {agent}"), agent);
    }
    let ask = |simulation: &mut Simulation, agent: &str| {
        simulation.report(&format!("limited {agent}"), agent);
        let going = simulation.go();
        simulation.fail(&going[0], asked);
    };
    ask(&mut simulation, "a");
    simulation.report("of a", "a");
    simulation.report("of b", "b");
    assert_eq!(simulation.names(), ["of b"]);
    simulation.outbox.hurry(simulation.now);
    assert_eq!(simulation.names(), [""; 0], "a flush does not shorten it");
    ask(&mut simulation, "b");
    simulation.report("of c", "c");
    assert_eq!(simulation.names(), [""; 0]);
    assert!(simulation.sleep() >= 30 * SECOND);
    assert_eq!(simulation.go().len(), 1);
}

#[test]
fn an_agent_of_which_no_failure_is_known_tells_whether_the_platform_is_back() {
    let mut simulation = Simulation::new();
    // Nothing else is known: the platform seems to be away.
    open(&mut simulation, "bad");
    simulation.report("more", "bad");
    assert_eq!(simulation.names(), [""; 0]);
    simulation.report("witness", "good");
    assert_eq!(simulation.names(), ["witness"]);
    let id = TaskId::from("witness".to_owned());
    simulation.outbox.delivered(&id, simulation.now);
    assert!(simulation.outbox.is_failing("bad"));
    simulation.report("another", "good");
    assert_eq!(simulation.names(), ["another"]);
}

#[test]
fn once_an_unknown_agent_hung_unknown_ones_go_one_by_one_until_one_is_answered() {
    let hung = Failure {
        hung: Some(SECOND),
        ..AWAY
    };
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "first", "good");
    for agent in ["a", "b", "c", "d"] {
        simulation.report(agent, agent);
    }
    let going = simulation.go();
    assert_eq!(going.len(), 4, "all may be good");
    simulation.fail(&going[0], hung);
    for id in &going[1..] {
        simulation.fail(id, AWAY);
    }
    for agent in ["e", "f"] {
        simulation.report(agent, agent);
    }
    simulation.report("second", "good");
    let names = simulation.names();
    assert_eq!(names, ["second"], "after a hang comes a rest");
    simulation.now += SECOND;
    let going = simulation.go();
    let unknown = going.iter().filter(|id| id.to_string() != "second");
    assert_eq!(unknown.count(), 1, "{going:?}");
    simulation.outbox.delivered(&going[0], simulation.now);
    assert!(simulation.names().len() >= 4);
}

#[test]
fn with_failures_by_chance_a_breaker_opens_only_if_next_to_nothing_arrives() {
    for (percent, opens) in [(20, false), (50, false), (90, true)] {
        let mut random = 1_u64;
        let mut simulation = Simulation::new();
        let mut has_opened = false;
        for report in 0..2_000 {
            simulation.report(&report.to_string(), "a");
            for id in simulation.go() {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                match (random >> 33) % 100 < percent {
                    true => simulation.fail(&id, AWAY),
                    false => drop(simulation.outbox.delivered(&id, simulation.now)),
                }
            }
            // All of the first ones may fail by chance.
            has_opened |= report > 20 && simulation.outbox.is_failing("a");
            simulation.now += SECOND / 100;
        }
        assert_eq!(has_opened, opens, "{percent} %");
    }
}

#[test]
fn what_fails_makes_room_only_while_another_agent_goes_on() {
    let mut simulation = Simulation::new();
    open(&mut simulation, "bad");
    for report in 0..100 {
        simulation.report(&format!("bad {report}"), "bad");
    }
    assert_eq!(simulation.names(), [""; 0]);
    assert!(
        simulation.outbox.relieve(10, usize::MAX).is_none(),
        "the platform is away, and all wait"
    );
    deliver(&mut simulation, "good", "good");
    assert_eq!(simulation.names(), [""; 0]);
    let given_up = std::iter::from_fn(|| simulation.outbox.relieve(10, usize::MAX));
    let given_up: Vec<_> = given_up.collect();
    assert!(given_up.len() >= 90, "{}", given_up.len());
    assert!(given_up.iter().all(|it| !it.is_refused));
}

#[test]
fn an_agent_of_which_reports_arrived_long_ago_is_no_sign_that_the_platform_is_there() {
    let mut simulation = Simulation::new();
    for report in 0..60 {
        deliver(&mut simulation, &format!("good {report}"), "good");
    }
    let mut tries = 0;
    for agent in 0..100 {
        for report in 0..10 {
            simulation.report(&format!("{agent} {report}"), &agent.to_string());
        }
        for id in simulation.go() {
            simulation.fail(&id, AWAY);
            tries += 1;
        }
    }
    // One of each agent that is new asks whether the platform is back.
    assert!(tries < 150, "{tries}");
    simulation.report("another", "another");
    assert_eq!(
        simulation.names().len(),
        1,
        "one asks whether the platform is back"
    );
    assert!(simulation.outbox.relieve(10, usize::MAX).is_none());
}

#[test]
fn an_agent_that_fails_after_another_one_arrived_loses_nothing_while_nothing_else_is_answered() {
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "good", "good");
    open(&mut simulation, "bad");
    for report in 0..100 {
        simulation.report(&format!("bad {report}"), "bad");
    }
    assert_eq!(simulation.names(), [""; 0]);
    assert!(simulation.outbox.relieve(10, usize::MAX).is_none());
    deliver(&mut simulation, "good again", "good");
    assert!(simulation.outbox.relieve(10, usize::MAX).is_some());
}

#[test]
fn an_agent_that_is_slow_has_its_share_of_the_connections() {
    let mut simulation = Simulation::new();
    for report in 0..10 {
        simulation.report(&format!("slow {report}"), "slow");
    }
    let mut alone: Vec<_> = (0..4).filter_map(|_| simulation.next()).collect();
    for report in 0..10 {
        simulation.report(&format!("fast {report}"), "fast");
    }
    // Each that ends makes room for one.
    let mut fast = Vec::new();
    for _ in 0..8 {
        let ended = fast.pop().or_else(|| alone.pop()).expect("one in flight");
        simulation.outbox.delivered(&ended, simulation.now);
        let next = simulation.next().expect("one that may go");
        assert!(next.to_string().starts_with("fast"), "{next}");
        fast.push(next);
    }
    let fast = fast.pop().expect("one in flight");
    assert_eq!(alone.len(), 3, "one connection made room at first");
    simulation.outbox.delivered(&alone[0], simulation.now);
    let second = simulation.next().expect("one that may go");
    assert!(second.to_string().starts_with("fast"), "two of each");
    simulation.outbox.delivered(&alone[1], simulation.now);
    let third = simulation.next().map(|id| id.to_string());
    assert!(third.is_some_and(|id| id.starts_with("slow")));
    simulation.outbox.delivered(&fast, simulation.now);
}

#[test]
fn a_wait_of_no_time_is_no_pause_of_the_agent() {
    let mut simulation = Simulation::new();
    deliver(&mut simulation, "first", "a");
    let asks = Failure {
        asked: Some(Duration::ZERO),
        ..AWAY
    };
    simulation.report("fails", "a");
    for id in simulation.go() {
        simulation.fail(&id, asks);
    }
    simulation.report("next", "a");
    assert_eq!(simulation.names(), ["next"]);
}

#[test]
fn a_report_that_hangs_does_not_keep_those_of_its_agent_if_it_is_the_only_one() {
    let mut simulation = Simulation::new();
    let hung = Failure {
        hung: Some(15 * SECOND),
        ..AWAY
    };
    simulation.report("hangs", "a");
    for id in simulation.go() {
        simulation.fail(&id, hung);
    }
    simulation.report("next", "a");
    assert_eq!(simulation.names(), ["next"]);
}
