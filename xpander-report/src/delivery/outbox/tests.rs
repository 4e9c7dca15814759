use super::*;
use crate::TaskReport;
use crate::delivery::parcel::TICKET;
use crate::spool::Place;

const SECOND: Duration = Duration::from_secs(1);
const LUCK: f64 = 0.5;
const AWAY: Failure = Failure {
    refusal: None,
    asked: None,
};

/// An outbox and its clock.
struct Simulation {
    outbox: Outbox,
    now: Instant,
    tickets: Ticket,
}

impl Simulation {
    fn new() -> Self {
        Self {
            outbox: Outbox::default(),
            now: Instant::now(),
            tickets: 0,
        }
    }

    fn report(&mut self, id: &str, agent: &str) {
        self.report_at(id, agent, |_| None);
    }

    /// A report that lies on disk.
    #[cfg(feature = "spool")]
    fn report_spooled(&mut self, id: &str, agent: &str) {
        self.report_at(id, agent, |ticket| Some(Place::own(ticket)));
    }

    fn report_at(&mut self, id: &str, agent: &str, place: impl FnOnce(Ticket) -> Option<Place>) {
        self.tickets += 1;
        let envelope = Envelope {
            agent_id: Some(agent.to_owned()),
            ..Envelope::default()
        };
        let id = TaskId::from(id.to_owned());
        let place = place(self.tickets);
        let parcel = Parcel::new(self.tickets, place, Box::new(envelope));
        self.outbox.push(id, parcel);
    }

    /// Has the agent's reports refused.
    fn refuse(&mut self) {
        let refused = Failure {
            refusal: Some(Refusal::Agent),
            asked: None,
        };
        for id in self.go() {
            self.fail(&id, refused);
        }
    }

    /// What comes back from disk, as it would be read: the id, and its tickets.
    #[cfg(feature = "spool")]
    fn come_back(&mut self) -> Vec<(String, Vec<Ticket>)> {
        let mut back = Vec::new();
        while let Some((id, aside)) = self.outbox.take_returning() {
            let places = aside.tickets.iter().zip(aside.places);
            let parcels = places.map(|(ticket, place)| {
                let envelope = Envelope {
                    agent_id: Some("refused".to_owned()),
                    ..Envelope::default()
                };
                Parcel::new(*ticket, Some(place), Box::new(envelope))
            });
            let parcel = parcels.reduce(Parcel::join).expect("a report");
            self.outbox.push(id.clone(), parcel);
            back.push((id.to_string(), aside.tickets));
        }
        back
    }

    /// All that may go now.
    fn go(&mut self) -> Vec<TaskId> {
        std::iter::from_fn(|| self.outbox.next(self.now).map(|(id, _)| id)).collect()
    }

    fn names(&mut self) -> Vec<String> {
        self.go().iter().map(ToString::to_string).collect()
    }

    fn fail(&mut self, id: &TaskId, failure: Failure) {
        self.outbox.failed(id.clone(), self.now, failure, LUCK);
    }

    fn sleep(&mut self) -> Duration {
        let at = self.outbox.wake_at().expect("something to wait for");
        let slept = at.saturating_duration_since(self.now);
        self.now = self.now.max(at);
        slept
    }
}

#[test]
fn an_outage_of_an_hour_costs_few_tries_and_ends_without_a_herd() {
    let mut simulation = Simulation::new();
    let end = simulation.now + 3_600 * SECOND;
    for report in 0..1_000 {
        simulation.report(&report.to_string(), "a");
    }
    let mut tries = 0;
    while simulation.now < end {
        let connections = simulation.outbox.window(4);
        let going: Vec<_> =
            std::iter::from_fn(|| simulation.outbox.next(simulation.now).map(|(id, _)| id))
                .take(connections)
                .collect();
        tries += going.len();
        for id in &going {
            simulation.fail(id, AWAY);
        }
        if going.is_empty() {
            simulation.sleep();
        }
    }
    assert!((60..300).contains(&tries), "{tries}");

    let mut rounds = Vec::new();
    while simulation.outbox.parcels() > 0 {
        let connections = simulation.outbox.window(4);
        let going: Vec<_> =
            std::iter::from_fn(|| simulation.outbox.next(simulation.now).map(|(id, _)| id))
                .take(connections)
                .collect();
        if going.is_empty() {
            simulation.sleep();
            continue;
        }
        rounds.push(going.len());
        for id in &going {
            simulation.outbox.arrived(id);
        }
    }
    assert_eq!(rounds[..3], [1, 2, 4]);
    assert_eq!(rounds.iter().sum::<usize>(), 1_000);
}

#[test]
fn many_programs_that_lost_the_platform_together_come_back_one_by_one() {
    const PROGRAMS: u32 = 1_000;
    let mut draws = 0_u32;
    let mut luck = || {
        // Spread evenly, in an order without a pattern.
        draws = draws.wrapping_add(1);
        f64::from(draws.wrapping_mul(0x9E37_79B9)) / f64::from(u32::MAX)
    };
    let start = Instant::now();
    let back = start + 3_600 * SECOND;
    let mut per_second = vec![0; 70];
    for _ in 0..PROGRAMS {
        let mut simulation = Simulation::new();
        simulation.now = start;
        for report in 0..100 {
            simulation.report(&report.to_string(), "a");
        }
        while simulation.now < back {
            let going = simulation.go();
            for id in going {
                let now = simulation.now;
                simulation.outbox.failed(id, now, AWAY, luck());
            }
            simulation.sleep();
        }
        // The first of its reports that finds the platform back.
        let second = (simulation.now - back).as_secs() as usize;
        assert_eq!(simulation.go().len(), 1);
        per_second[second] += 1;
    }
    // Evenly over the longest wait would be 17 in each second.
    assert!(
        per_second.iter().all(|programs| *programs < 100),
        "{per_second:?}"
    );
    assert_eq!(per_second.iter().sum::<u32>(), PROGRAMS);
}

#[test]
fn one_report_that_fails_holds_nobody_back() {
    let mut simulation = Simulation::new();
    simulation.report("bad", "a");
    simulation.report("good", "a");
    let going = simulation.go();
    simulation.fail(&going[0], AWAY);
    simulation.outbox.arrived(&going[1]);
    simulation.report("better", "a");
    assert_eq!(simulation.names(), ["better"]);
    assert_eq!(simulation.sleep(), SECOND / 4);
    assert_eq!(simulation.names(), ["bad"]);
}

#[test]
fn a_refused_key_keeps_everything_and_one_report_asks_again() {
    let mut simulation = Simulation::new();
    simulation.report("1", "a");
    simulation.report("2", "b");
    let refused = Failure {
        refusal: Some(Refusal::Key),
        asked: None,
    };
    for id in simulation.go() {
        simulation.fail(&id, refused);
    }
    simulation.report("3", "c");
    assert_eq!(simulation.names(), [""; 0]);
    assert!(simulation.outbox.is_refused());
    assert_eq!(simulation.sleep(), 15 * SECOND);
    let probe = simulation.go();
    assert_eq!(probe.len(), 1);
    assert!(!simulation.outbox.is_refused());
    simulation.outbox.arrived(&probe[0]);
    assert_eq!(simulation.names().len(), 2);
}

#[test]
fn a_refused_agent_holds_back_its_own_reports_only() {
    let mut simulation = Simulation::new();
    simulation.report("1", "refused");
    let refused = Failure {
        refusal: Some(Refusal::Agent),
        asked: None,
    };
    let going = simulation.go();
    simulation.fail(&going[0], refused);
    simulation.report("2", "refused");
    simulation.report("3", "other");
    assert_eq!(simulation.names(), ["3"]);
    assert_eq!(simulation.sleep(), 15 * SECOND);
    let probe = simulation.go();
    assert_eq!(probe[0].to_string(), "1");
    assert_eq!(probe.len(), 1);
    simulation.fail(&probe[0], refused);
    assert_eq!(simulation.sleep(), 30 * SECOND);
    let probe = simulation.go();
    simulation.outbox.arrived(&probe[0]);
    assert_eq!(simulation.names(), ["2"]);
}

#[test]
fn a_refused_agent_does_not_take_the_place_of_all_others() {
    let mut simulation = Simulation::new();
    simulation.report("0", "refused");
    simulation.refuse();
    for report in 1..10 {
        simulation.report(&report.to_string(), "refused");
    }
    simulation.report("other", "other");
    assert_eq!(simulation.names(), ["other"]);
    let given_up: Vec<_> =
        std::iter::from_fn(|| simulation.outbox.give_up(3, usize::MAX)).collect();
    let ids = given_up.iter().map(|(id, _)| id.to_string());
    assert_eq!(ids.collect::<String>(), "0123456");
    simulation.sleep();
    let probe = simulation.go().remove(0);
    simulation.outbox.arrived(&probe);
    assert_eq!(simulation.names(), ["8", "9"]);
}

#[cfg(feature = "spool")]
#[test]
fn what_lies_on_disk_waits_there_while_its_agent_is_refused_and_comes_back() {
    let mut simulation = Simulation::new();
    simulation.report_spooled("0", "refused");
    simulation.refuse();
    for report in 1..10 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    assert_eq!(simulation.names(), [""; 0]);
    let before = simulation.outbox.bytes_here();
    assert!(simulation.outbox.give_up(3, usize::MAX).is_none());
    assert_eq!(simulation.outbox.tasks(), 3);
    assert!(simulation.outbox.bytes_here() < before / 2);
    // A newer one of a task that waits there joins it.
    simulation.report_spooled("2", "refused");
    assert_eq!(simulation.outbox.tasks(), 3);
    // All of them are still waited for.
    assert_eq!(simulation.outbox.open_until(11), (11, 0));
    assert_eq!(simulation.outbox.spooled(), 11);
    assert_eq!(simulation.come_back(), []);

    simulation.sleep();
    let probe = simulation.go().remove(0);
    assert_eq!(probe.to_string(), "7");
    simulation.outbox.arrived(&probe);
    let expected = ["0", "1", "2", "3", "4", "5", "6"]
        .map(|id| (id.to_owned(), vec![id.parse::<Ticket>().unwrap() + 1]));
    let mut expected = Vec::from(expected);
    expected[2].1.push(11);
    assert_eq!(simulation.come_back(), expected);
    let going = simulation.go();
    assert_eq!(going.len(), 9);
    for id in going {
        simulation.outbox.arrived(&id);
    }
    assert!(simulation.outbox.is_empty());
    assert_eq!(simulation.outbox.bytes(), 0);
    assert_eq!(simulation.outbox.spooled(), 0);
}

#[test]
fn several_refused_agents_share_what_room_there_is_for_them() {
    let mut simulation = Simulation::new();
    for agent in ["a", "b", "c"] {
        for report in 0..3 {
            simulation.report(&format!("{agent}{report}"), agent);
        }
    }
    simulation.refuse();
    let given_up = std::iter::from_fn(|| simulation.outbox.give_up(4, usize::MAX));
    assert_eq!(given_up.count(), 5);
    let most_bytes = simulation.outbox.bytes() / 2;
    let given_up = std::iter::from_fn(|| simulation.outbox.give_up(usize::MAX, most_bytes));
    assert_eq!(given_up.count(), 2);
    // What is not refused is not given up, however many bytes it has.
    simulation.report("other", "other");
    assert!(simulation.outbox.bytes() > most_bytes);
    assert!(simulation.outbox.give_up(usize::MAX, most_bytes).is_none());
}

#[cfg(feature = "spool")]
#[test]
fn account_is_kept_of_so_many_that_wait_on_disk() {
    let mut simulation = Simulation::new();
    for report in 0..10 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    simulation.refuse();
    assert!(simulation.outbox.give_up(2, usize::MAX).is_none());
    let bytes = simulation.outbox.bytes() - simulation.outbox.bytes_here();
    assert_eq!(simulation.outbox.leave_aside(bytes), 0);
    assert_eq!(simulation.outbox.leave_aside(bytes / 2), 4);
    assert_eq!(simulation.outbox.spooled(), 6);
    assert_eq!(simulation.outbox.open_until(10), (6, 0));
}

#[cfg(feature = "spool")]
#[test]
fn a_newer_report_on_disk_does_not_pass_one_in_memory() {
    let mut simulation = Simulation::new();
    simulation.report_spooled("task", "refused");
    simulation.refuse();
    assert!(simulation.outbox.give_up(0, usize::MAX).is_none());
    simulation.report("task", "refused");
    simulation.report_spooled("task", "refused");
    // The third joined the second.
    assert_eq!(simulation.outbox.open_until(3), (0, 3));
    assert_eq!(simulation.outbox.tasks(), 1);
}

#[cfg(feature = "spool")]
#[test]
fn if_all_of_a_refused_agent_waits_on_disk_one_comes_back_to_ask() {
    let mut simulation = Simulation::new();
    for report in 0..4 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    simulation.refuse();
    assert!(simulation.outbox.give_up(0, usize::MAX).is_none());
    assert_eq!(simulation.outbox.tasks(), 0);
    for wait in [15, 30, 60] {
        assert_eq!(simulation.sleep(), wait * SECOND);
        assert_eq!(simulation.names(), [""; 0]);
        // It has to be read first, and who has no room for it yet need not look again and again.
        assert!(simulation.outbox.has_returning());
        assert_eq!(simulation.names(), [""; 0]);
        assert_eq!(simulation.outbox.wake_at(), None);
        assert_eq!(simulation.come_back().len(), 1);
        simulation.refuse();
        // Another one came along, and may not ask.
        simulation.come_back();
        assert_eq!(simulation.names(), [""; 0]);
        assert!(simulation.outbox.give_up(0, usize::MAX).is_none());
        assert_eq!(simulation.outbox.spooled(), 4);
    }
}

#[test]
fn whatever_goes_wrong_in_whatever_order_all_arrives_in_the_end() {
    let failure = |kind: usize| match kind {
        0 => AWAY,
        1 => Failure {
            refusal: None,
            asked: Some(SECOND),
        },
        2 => Failure {
            refusal: Some(Refusal::Key),
            asked: None,
        },
        _ => Failure {
            refusal: Some(Refusal::Agent),
            asked: None,
        },
    };
    for sequence in 0..4_usize.pow(5) {
        let mut simulation = Simulation::new();
        for report in ["1", "2", "3"] {
            simulation.report(report, "a");
        }
        let mut failures = (0..5).map(|at| failure(sequence / 4_usize.pow(at) % 4));
        let mut rounds = 0;
        while simulation.outbox.parcels() > 0 {
            rounds += 1;
            assert!(rounds < 100, "{sequence}");
            let going = simulation.go();
            if going.is_empty() {
                simulation.sleep();
            }
            for id in going {
                match failures.next() {
                    Some(failure) => simulation.fail(&id, failure),
                    None => drop(simulation.outbox.arrived(&id)),
                }
            }
        }
        assert_eq!(simulation.outbox.bytes(), 0);
    }
}

#[test]
fn its_bytes_are_those_of_what_it_holds() {
    let mut simulation = Simulation::new();
    simulation.report("1", "a");
    let one = simulation.outbox.bytes();
    assert!(one > 0);
    simulation.report("1", "a");
    assert_eq!(simulation.outbox.bytes(), one + TICKET);
    let id = simulation.go().remove(0);
    simulation.report("1", "a");
    assert_eq!(simulation.outbox.bytes(), 2 * one + TICKET);
    simulation.fail(&id, AWAY);
    assert_eq!(simulation.outbox.bytes(), one + 2 * TICKET);
    simulation.sleep();
    let id = simulation.go().remove(0);
    simulation.report("1", "a");
    simulation.outbox.recover(simulation.now);
    assert_eq!(simulation.outbox.bytes(), one + 3 * TICKET);
    assert_eq!(simulation.go(), std::slice::from_ref(&id));
    simulation.outbox.arrived(&id);
    assert_eq!(simulation.outbox.bytes(), 0);
}

#[test]
fn what_comes_late_is_laid_under_what_waits_in_the_order_in_which_it_was_reported() {
    let reports = [
        ("in", "one"),
        ("in", "two"),
        ("result", "three"),
        ("result", "four"),
    ];
    let envelopes = reports.map(|(field, text)| {
        let report = match field {
            "in" => TaskReport::new().input(text),
            _ => TaskReport::new().result(text),
        };
        let mut envelope = Envelope::from(report);
        envelope.accept();
        envelope
    });
    // The first two came to another process, and are read from disk after the third.
    let id = TaskId::from("1".to_owned());
    for order in [[0, 1, 2, 3], [2, 0, 1, 3], [2, 0, 3, 1], [2, 3, 0, 1]] {
        // What came first may be on its way when the others come, and fails.
        for is_on_the_way in [false, true] {
            let mut simulation = Simulation::new();
            for (count, at) in order.into_iter().enumerate() {
                let parcel = Parcel::new(at as Ticket, None, Box::new(envelopes[at].clone()));
                simulation.outbox.push(id.clone(), parcel);
                if count == 0 && is_on_the_way {
                    simulation.go();
                }
            }
            if is_on_the_way {
                simulation.fail(&id, AWAY);
                simulation.sleep();
            }
            let (_, envelope) = simulation.outbox.next(simulation.now).expect("the report");
            let report = envelope.clone().finish();
            let both = (report.input.as_deref(), report.result.as_deref());
            assert_eq!(
                both,
                (Some("two"), Some("four")),
                "{order:?} {is_on_the_way}"
            );
            simulation.outbox.arrived(&id);
            assert_eq!(simulation.outbox.bytes(), 0);
        }
    }
}

#[test]
fn what_is_too_large_goes_once_more_cut() {
    let mut simulation = Simulation::new();
    simulation.report("large", "a");
    let id = simulation.go().remove(0);
    assert_eq!(simulation.outbox.cut(&id), Some(false));
    let (_, envelope) = simulation.outbox.next(simulation.now).expect("the report");
    assert_eq!(envelope.max_bytes, Some(CUT));
    assert_eq!(simulation.outbox.cut(&id), None);
    let refused = simulation.outbox.refused(&id).expect("the report");
    assert_eq!(refused.tickets, [1]);
    assert!(simulation.outbox.is_empty());
}
