mod scopes;

use super::pending::TICKET;
use super::*;
use crate::envelope::sequence::Sequence;
use crate::platform::error::Refusal;
use crate::report::TaskReport;

const SECOND: Duration = Duration::from_secs(1);
const JITTER: f64 = 0.5;
const AWAY: Failure = Failure {
    refusal: None,
    asked: None,
    hung: None,
};

fn outgoing(id: &str, report: TaskReport) -> Outgoing {
    let id = TaskId::from(id.to_owned());
    let report = match &report.agent_id {
        Some(_) => report,
        None => report.agent_id("a"),
    };
    Outgoing::new(report, id, true, Sequence::next())
}

/// An outbox and its clock.
struct Simulation {
    outbox: Outbox,
    now: Instant,
    tickets: Ticket,
    /// The tasks that came back from disk, and how many of their reports.
    read: Vec<(String, usize)>,
}

impl Simulation {
    fn new() -> Self {
        Self {
            outbox: Outbox::default(),
            now: Instant::now(),
            tickets: 0,
            read: Vec::new(),
        }
    }

    fn report(&mut self, id: &str, agent: &str) {
        self.report_at(id, agent, |_| None);
    }

    /// A report that lies on disk.
    fn report_spooled(&mut self, id: &str, agent: &str) {
        self.report_at(id, agent, |ticket| Some(Place::own(ticket)));
    }

    fn report_at(&mut self, id: &str, agent: &str, place: impl FnOnce(Ticket) -> Option<Place>) {
        self.tickets += 1;
        let outgoing = Box::new(outgoing(id, TaskReport::new().agent_id(agent)));
        let place = place(self.tickets);
        self.push(outgoing, place);
    }

    fn push(&mut self, outgoing: Box<Outgoing>, place: Option<Place>) {
        let id = outgoing.id.clone();
        let pending = Pending::new(self.tickets, place, outgoing);
        let superseded = self.outbox.push(id, pending);
        assert!(superseded.is_none(), "nothing was delivered");
    }

    /// Has the agent's reports refused.
    fn refuse(&mut self) {
        let refused = Failure {
            refusal: Some(Refusal::Agent),
            ..AWAY
        };
        for id in self.go() {
            self.fail(&id, refused);
        }
    }

    /// What may go now, or has to be read for that.
    fn next(&mut self) -> Option<TaskId> {
        loop {
            let (id, places) = match self.outbox.next(self.now)? {
                Next::Send(id, ..) => return Some(id),
                Next::Read(id, places) => (id, places),
            };
            let report = || TaskReport::new().agent_id("refused").result("from disk");
            let read = places.iter().map(|_| outgoing(&id.to_string(), report()));
            let read = read.collect();
            self.read.push((id.to_string(), places.len()));
            assert!(self.outbox.load(id, read).is_none());
        }
    }

    /// All that may go now.
    fn go(&mut self) -> Vec<TaskId> {
        std::iter::from_fn(|| self.next()).collect()
    }

    fn names(&mut self) -> Vec<String> {
        self.go().iter().map(ToString::to_string).collect()
    }

    fn fail(&mut self, id: &TaskId, failure: Failure) {
        self.outbox.failed(id.clone(), self.now, failure, JITTER);
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
        let going: Vec<_> = std::iter::from_fn(|| simulation.next())
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
    while !simulation.outbox.is_empty() {
        let connections = simulation.outbox.window(4);
        let going: Vec<_> = std::iter::from_fn(|| simulation.next())
            .take(connections)
            .collect();
        if going.is_empty() {
            simulation.sleep();
            continue;
        }
        rounds.push(going.len());
        for id in &going {
            simulation.outbox.delivered(id, simulation.now);
        }
    }
    assert_eq!(rounds[..3], [1, 2, 4]);
    assert_eq!(rounds.iter().sum::<usize>(), 1_000);
}

#[test]
fn many_programs_that_lost_the_platform_together_come_back_one_by_one() {
    const PROGRAMS: u32 = 1_000;
    let mut draws = 0_u32;
    let mut jitter = || {
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
                simulation.outbox.failed(id, now, AWAY, jitter());
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
    simulation.outbox.delivered(&going[1], simulation.now);
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
        ..AWAY
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
    simulation.outbox.delivered(&probe[0], simulation.now);
    assert_eq!(simulation.names().len(), 2);
}

#[test]
fn a_refused_agent_holds_back_its_own_reports_only() {
    let mut simulation = Simulation::new();
    simulation.report("1", "refused");
    let refused = Failure {
        refusal: Some(Refusal::Agent),
        ..AWAY
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
    simulation.outbox.delivered(&probe[0], simulation.now);
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
        std::iter::from_fn(|| simulation.outbox.relieve(3, usize::MAX)).collect();
    let ids = given_up.iter().filter_map(|it| it.pending.outgoing());
    let ids = ids.map(|outgoing| outgoing.id.to_string());
    assert_eq!(ids.collect::<String>(), "0123456");
    simulation.sleep();
    let probe = simulation.go().remove(0);
    simulation.outbox.delivered(&probe, simulation.now);
    assert_eq!(simulation.names(), ["8", "9"]);
}

#[test]
fn what_lies_on_disk_waits_there_while_its_agent_is_refused_and_comes_back_in_order() {
    let mut simulation = Simulation::new();
    simulation.report_spooled("0", "refused");
    simulation.refuse();
    for report in 1..10 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    assert_eq!(simulation.names(), [""; 0]);
    let before = simulation.outbox.loaded_bytes();
    assert!(simulation.outbox.relieve(3, usize::MAX).is_none());
    assert_eq!(simulation.outbox.loaded_tasks(), 3);
    assert!(simulation.outbox.loaded_bytes() < before / 2);
    // A newer one of a task that waits there joins it.
    simulation.report_spooled("2", "refused");
    assert_eq!(simulation.outbox.loaded_tasks(), 3);
    // All of them are still waited for.
    assert_eq!(simulation.outbox.open_until(11), (11, 0));
    assert_eq!(simulation.outbox.held().spooled, 11);
    assert_eq!(simulation.read, []);

    simulation.sleep();
    let probe = simulation.go().remove(0);
    assert_eq!(probe.to_string(), "0");
    assert_eq!(simulation.read, [("0".to_owned(), 1)]);
    simulation.outbox.delivered(&probe, simulation.now);
    let going = simulation.go();
    let names: Vec<_> = going.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(simulation.read[2], ("2".to_owned(), 2));
    assert_eq!(simulation.read.len(), 7);
    for id in going {
        simulation.outbox.delivered(&id, simulation.now);
    }
    assert!(simulation.outbox.is_empty());
    assert_eq!(simulation.outbox.held(), Load::default());
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
    let given_up = std::iter::from_fn(|| simulation.outbox.relieve(4, usize::MAX));
    assert_eq!(given_up.count(), 5);
    let most_bytes = simulation.outbox.held().bytes / 2;
    let given_up = std::iter::from_fn(|| simulation.outbox.relieve(usize::MAX, most_bytes));
    assert_eq!(given_up.count(), 2);
    // What is not refused is not given up, however many bytes it has.
    simulation.report("other", "other");
    assert!(simulation.outbox.held().bytes > most_bytes);
    assert!(simulation.outbox.relieve(usize::MAX, most_bytes).is_none());
}

#[test]
fn positions_of_parked_reports_are_bounded() {
    let mut simulation = Simulation::new();
    for report in 0..10 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    simulation.refuse();
    assert!(simulation.outbox.relieve(2, usize::MAX).is_none());
    let bytes = simulation.outbox.held().parked_bytes;
    assert!(!simulation.outbox.must_stay_on_disk("refused", bytes));
    assert!(simulation.outbox.must_stay_on_disk("refused", bytes - 1));
    assert!(!simulation.outbox.must_stay_on_disk("other", 0));
}

#[test]
fn a_newer_report_on_disk_does_not_pass_one_in_memory() {
    let mut simulation = Simulation::new();
    simulation.report_spooled("task", "refused");
    simulation.refuse();
    assert!(simulation.outbox.relieve(0, usize::MAX).is_none());
    simulation.report("task", "refused");
    simulation.report_spooled("task", "refused");
    // They are one, which does not lie on disk whole.
    assert_eq!(simulation.outbox.open_until(3), (0, 3));
    assert_eq!(simulation.outbox.loaded_tasks(), 1);
    simulation.sleep();
    let probe = simulation.go().remove(0);
    assert_eq!(simulation.read, [("task".to_owned(), 1)]);
    simulation.outbox.delivered(&probe, simulation.now);
    assert!(simulation.outbox.is_empty());
}

#[test]
fn if_all_of_a_refused_agent_waits_on_disk_one_comes_back_to_ask() {
    let mut simulation = Simulation::new();
    for report in 0..4 {
        simulation.report_spooled(&report.to_string(), "refused");
    }
    simulation.refuse();
    assert!(simulation.outbox.relieve(0, usize::MAX).is_none());
    assert_eq!(simulation.outbox.loaded_tasks(), 0);
    for (asked, wait) in [15, 30, 60].into_iter().enumerate() {
        assert_eq!(simulation.sleep(), wait * SECOND);
        simulation.refuse();
        assert_eq!(simulation.read.len(), asked + 1);
        assert_eq!(simulation.names(), [""; 0]);
        assert!(simulation.outbox.relieve(0, usize::MAX).is_none());
        assert_eq!(simulation.outbox.held().spooled, 4);
        assert_eq!(simulation.outbox.loaded_tasks(), 0);
    }
}

#[test]
fn what_cannot_be_read_again_is_not_waited_for() {
    let mut simulation = Simulation::new();
    simulation.report_spooled("one", "refused");
    simulation.refuse();
    simulation.report_spooled("two", "refused");
    simulation.report_spooled("one", "refused");
    assert_eq!(simulation.names(), [""; 0]);
    assert!(simulation.outbox.relieve(0, usize::MAX).is_none());
    simulation.sleep();
    let Some(Next::Read(id, places)) = simulation.outbox.next(simulation.now) else {
        panic!("nothing is read");
    };
    assert_eq!(simulation.outbox.leave(&id, &places), places.len());
    assert!(simulation.outbox.load(id, Vec::new()).is_none());
    assert_eq!(simulation.names(), ["two"]);
    assert_eq!(simulation.outbox.reports(), 1);
}

#[test]
fn whatever_goes_wrong_in_whatever_order_all_arrives_in_the_end() {
    let failure = |kind: usize| match kind {
        0 => AWAY,
        1 => Failure {
            asked: Some(SECOND),
            ..AWAY
        },
        2 => Failure {
            refusal: Some(Refusal::Key),
            ..AWAY
        },
        _ => Failure {
            refusal: Some(Refusal::Agent),
            ..AWAY
        },
    };
    for sequence in 0..4_usize.pow(5) {
        let mut simulation = Simulation::new();
        for report in ["1", "2", "3"] {
            simulation.report(report, "a");
        }
        let mut failures = (0..5).map(|at| failure(sequence / 4_usize.pow(at) % 4));
        let mut rounds = 0;
        while !simulation.outbox.is_empty() {
            rounds += 1;
            assert!(rounds < 100, "{sequence}");
            let going = simulation.go();
            if going.is_empty() {
                simulation.sleep();
            }
            for id in going {
                match failures.next() {
                    Some(failure) => simulation.fail(&id, failure),
                    None => drop(simulation.outbox.delivered(&id, simulation.now)),
                }
            }
        }
        assert_eq!(simulation.outbox.held(), Load::default());
    }
}

#[test]
fn its_bytes_are_those_of_what_it_holds() {
    let mut simulation = Simulation::new();
    let bytes = |simulation: &Simulation| simulation.outbox.held().bytes;
    simulation.report("1", "a");
    let one = bytes(&simulation);
    let ticket = TICKET + "1".len();
    assert!(one > ticket);
    simulation.report("1", "a");
    assert_eq!(bytes(&simulation), one + ticket);
    let id = simulation.go().remove(0);
    simulation.report("1", "a");
    assert_eq!(bytes(&simulation), 2 * one + ticket);
    simulation.fail(&id, AWAY);
    assert_eq!(bytes(&simulation), one + 2 * ticket);
    simulation.sleep();
    let id = simulation.go().remove(0);
    simulation.report("1", "a");
    simulation.outbox.recover(simulation.now);
    assert_eq!(bytes(&simulation), one + 3 * ticket);
    assert_eq!(simulation.go(), std::slice::from_ref(&id));
    simulation.outbox.delivered(&id, simulation.now);
    assert_eq!(bytes(&simulation), 0);
}

/// Sends what waits, and what waits behind it, until nothing does. Returns what the platform then has, by its rule
/// for updates.
fn deliver_all(simulation: &mut Simulation) -> TaskReport {
    let mut has = TaskReport::new();
    while let Some(id) = simulation.next() {
        let lane = &simulation.outbox.lanes[&id];
        let sent = lane
            .in_flight
            .as_ref()
            .and_then(|pending| pending.outgoing());
        let sent = sent.expect("its content").report.clone();
        has.input = sent.input.or(has.input);
        has.result = sent.result.or(has.result);
        has.is_success = Some(sent.is_success.unwrap_or(true));
        simulation.outbox.delivered(&id, simulation.now);
    }
    has
}

#[test]
fn in_whatever_order_reports_of_a_task_come_the_platform_has_the_newest_of_each_field() {
    let reports = [
        TaskReport::new().input("one").is_success(false),
        TaskReport::new().input("two"),
        TaskReport::new().result("three"),
        TaskReport::new().result("four").is_success(false),
    ];
    let reports = reports.map(|report| outgoing("1", report));
    // How many come before the first is sent, and how many before that one has arrived or failed.
    for (before, meanwhile) in [(4, 4), (1, 4), (1, 2), (2, 3), (1, 1)] {
        for order in [[0, 1, 2, 3], [2, 0, 1, 3], [2, 0, 3, 1], [3, 2, 1, 0]] {
            for fails in [false, true] {
                let mut simulation = Simulation::new();
                let come = |simulation: &mut Simulation, range: std::ops::Range<usize>| {
                    for at in &order[range] {
                        let outgoing = reports[*at].clone();
                        let (id, ticket) = (outgoing.id.clone(), *at as Ticket);
                        let pending = Pending::new(ticket, None, Box::new(outgoing));
                        drop(simulation.outbox.push(id, pending));
                    }
                };
                come(&mut simulation, 0..before);
                let mut has = TaskReport::new();
                if meanwhile > before {
                    let id = simulation.next().expect("the first");
                    come(&mut simulation, before..meanwhile);
                    if fails {
                        simulation.fail(&id, AWAY);
                        simulation.sleep();
                    } else {
                        let lane = &simulation.outbox.lanes[&id];
                        let sent = lane
                            .in_flight
                            .as_ref()
                            .and_then(|pending| pending.outgoing());
                        has = sent.expect("its content").report.clone();
                        simulation.outbox.delivered(&id, simulation.now);
                    }
                }
                let more = deliver_all(&mut simulation);
                come(&mut simulation, meanwhile..4);
                let last = deliver_all(&mut simulation);
                let input = last.input.or(more.input).or(has.input);
                let result = last.result.or(more.result).or(has.result);
                let is_success = last.is_success.or(more.is_success);
                let is_success = is_success.or(has.is_success).unwrap_or(true);
                assert_eq!(
                    (input.as_deref(), result.as_deref(), is_success),
                    (Some("two"), Some("four"), false),
                    "{order:?} {before} {meanwhile} {fails}"
                );
                assert!(simulation.outbox.is_empty());
            }
        }
    }
}

#[test]
fn a_report_that_the_platform_has_whole_is_superseded() {
    let mut simulation = Simulation::new();
    let older = outgoing("1", TaskReport::new().input("one"));
    let (id, again) = (older.id.clone(), older.clone());
    let newer = outgoing("1", TaskReport::new().input("two"));
    simulation.push(Box::new(newer), None);
    assert_eq!(simulation.go(), std::slice::from_ref(&id));
    // It comes while the newer one is in flight, and once more afterwards.
    simulation.tickets += 1;
    simulation.push(Box::new(older), None);
    let delivered = simulation
        .outbox
        .delivered(&id, simulation.now)
        .expect("the newer one");
    assert!(delivered.pending.tickets().eq([0]));
    assert!(
        delivered
            .superseded
            .expect("the older one")
            .tickets()
            .eq([1])
    );
    let pending = Pending::new(2, None, Box::new(again));
    assert!(simulation.outbox.push(id, pending).is_some());
    assert!(simulation.outbox.is_empty());
    assert_eq!(simulation.names(), [""; 0]);
}

#[test]
fn a_report_that_is_too_large_is_cut_and_sent_again_once() {
    let mut simulation = Simulation::new();
    let large = outgoing(
        "large",
        TaskReport::new().input("x".repeat(2 * MAX_CUT_BYTES)),
    );
    simulation.push(Box::new(large), None);
    let id = simulation.next().expect("the report");
    assert!(simulation.outbox.cut(&id, simulation.now));
    let Some(Next::Send(.., outgoing)) = simulation.outbox.next(simulation.now) else {
        panic!("it does not go again");
    };
    let input = outgoing.report.input.as_deref().unwrap_or_default();
    assert!(input.len() < MAX_CUT_BYTES + 100, "{}", input.len());
    assert!(!simulation.outbox.cut(&id, simulation.now));
    let refused = simulation
        .outbox
        .refused(&id, simulation.now)
        .expect("the report");
    assert!(refused.tickets().eq([0]));
    assert!(simulation.outbox.is_empty());
}

#[test]
fn what_was_saved_is_on_disk_and_stays_here() {
    let mut simulation = Simulation::new();
    simulation.report("task", "a");
    simulation.report("task", "a");
    assert_eq!(simulation.outbox.open_until(2), (0, 2));
    let [id] = &simulation.outbox.unspooled()[..] else {
        panic!("one task is in memory only");
    };
    simulation.outbox.save(id, |_| None);
    assert_eq!(simulation.outbox.open_until(2), (0, 2));
    let place = Place::own(1);
    simulation.outbox.save(id, |_| Some(place));
    assert_eq!(simulation.outbox.open_until(2), (2, 0));
    assert_eq!(simulation.outbox.unspooled(), []);
    let going = simulation.go();
    let delivered = simulation
        .outbox
        .delivered(&going[0], simulation.now)
        .expect("the report");
    assert_eq!(delivered.pending.places(), [place]);
    assert_eq!(simulation.outbox.held(), Load::default());
}

#[test]
fn each_of_two_reports_that_are_too_large_is_cut_once() {
    let mut simulation = Simulation::new();
    let large = || "x".repeat(2 * MAX_CUT_BYTES);
    let first = outgoing("large", TaskReport::new().input(large()));
    let second = outgoing("large", TaskReport::new().result(large()));
    simulation.push(Box::new(first), None);
    let id = simulation.next().expect("the report");
    simulation.push(Box::new(second), None);
    assert!(simulation.outbox.cut(&id, simulation.now));
    let Some(Next::Send(.., outgoing)) = simulation.outbox.next(simulation.now) else {
        panic!("it does not go again");
    };
    let report = outgoing.report.clone();
    let mark = format!("… [{} bytes]", 2 * MAX_CUT_BYTES);
    for text in [report.input, report.result] {
        let text = text.expect("a text");
        assert!(text.len() < MAX_CUT_BYTES + 100, "{}", text.len());
        assert!(text.ends_with(&mark));
    }
    // What is refused is what was sent.
    assert!(!simulation.outbox.cut(&id, simulation.now));
    let refused = simulation
        .outbox
        .refused(&id, simulation.now)
        .expect("the report");
    let refused = refused.outgoing().expect("its content");
    assert!(
        refused
            .report
            .input
            .as_ref()
            .is_some_and(|input| input.ends_with(&mark))
    );
}

#[test]
fn tasks_that_changed_to_another_refused_agent_all_go_when_that_one_is_accepted() {
    let mut simulation = Simulation::new();
    let refused = Failure {
        refusal: Some(Refusal::Agent),
        ..AWAY
    };
    for agent in ["a", "b"] {
        simulation.report_spooled(agent, agent);
        for id in simulation.go() {
            simulation.fail(&id, refused);
        }
    }
    for agent in ["a", "refused"] {
        for task in ["x", "y"] {
            simulation.report_spooled(task, agent);
        }
        assert_eq!(simulation.names(), [""; 0]);
    }
    assert!(simulation.outbox.relieve(0, usize::MAX).is_none());
    let mut arrived = Vec::new();
    for _ in 0..10 {
        for id in simulation.go() {
            arrived.push(id.to_string());
            simulation.outbox.delivered(&id, simulation.now);
        }
        if simulation.outbox.is_empty() {
            break;
        }
        simulation.sleep();
    }
    arrived.sort_unstable();
    assert_eq!(arrived, ["a", "b", "x", "y"]);
}
