//! The lease against a model of what it must keep: whatever is lost, late, paused or set wrong, no two relays have
//! requests in flight at the same time.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NODES: usize = 3;
const REQUEST: u64 = 1_000;
const LEASE: u64 = 3_000;
/// A call of the bucket that takes longer has failed for who made it. It may still be done later.
const CALL: u64 = 400;

#[derive(Debug, Clone, Copy)]
enum Act {
    /// Time passes, in milliseconds.
    Pass(u64),
    /// A relay does what its lease says.
    Step(usize),
    /// A call reaches the bucket, perhaps long after it was made.
    Arrive(usize),
    /// It never does.
    Lose(usize),
    /// Its answer reaches the relay.
    Answer(usize),
    /// It never does.
    LoseAnswer(usize),
    /// A relay does nothing for so long. Requests that it has started go on.
    Pause(usize, u64),
    /// A wall clock is set.
    Set(usize, i64),
    /// A machine is suspended for so long: its monotonic clock stands still.
    Suspend(usize, u64),
    /// A relay starts a request, if it may.
    Send(usize),
    /// A relay that has no request in flight lets go of the lease.
    Release(usize),
    /// A relay starts again and knows nothing.
    Restart(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let node = 0..NODES;
    let act = prop_oneof![
        6 => (1_u64..400).prop_map(Act::Pass),
        1 => (400_u64..4_000).prop_map(Act::Pass),
        8 => node.clone().prop_map(Act::Step),
        7 => node.clone().prop_map(Act::Arrive),
        1 => node.clone().prop_map(Act::Lose),
        7 => node.clone().prop_map(Act::Answer),
        1 => node.clone().prop_map(Act::LoseAnswer),
        1 => (node.clone(), 1_u64..6_000).prop_map(|(node, time)| Act::Pause(node, time)),
        1 => (node.clone(), -3_600_000_i64..3_600_000).prop_map(|(node, by)| Act::Set(node, by)),
        6 => node.clone().prop_map(Act::Send),
        1 => node.clone().prop_map(Act::Release),
        1 => node.prop_map(Act::Restart),
    ];
    vec(act, 1..400)
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Read,
    Write(u64),
    Free(u64),
}

#[derive(Debug, Clone, Copy)]
enum Answered {
    Read(Option<(u64, Option<usize>)>),
    Written(Result<u64, Failed>),
}

struct Node {
    lease: Lease,
    /// How fast its monotonic clock runs, in thousandths.
    rate: u64,
    /// What its clocks show is this much less than, or other than, the true time.
    stood_still: u64,
    set_by: i64,
    paused_until: u64,
    /// The call that it waits for, and when it was sent: by its own clock, and truly.
    waits: Option<(u64, Moment, u64, Call)>,
    /// The ends of its requests.
    in_flight: Vec<u64>,
}

struct World {
    now: u64,
    nodes: Vec<Node>,
    revision: u64,
    holder: Option<(u64, Option<usize>)>,
    calls: u64,
    /// On their way to the bucket: who, which call.
    under_way: Vec<(usize, u64, Call)>,
    answers: Vec<(usize, u64, Answered)>,
    requests: usize,
    terms: usize,
}

impl World {
    fn new(rates: [u64; NODES]) -> Self {
        let nodes = rates.map(|rate| Node {
            lease: Lease::new(timing()),
            rate,
            stood_still: 0,
            set_by: 0,
            paused_until: 0,
            waits: None,
            in_flight: Vec::new(),
        });
        Self {
            now: 10_000_000,
            nodes: nodes.into(),
            revision: 0,
            holder: None,
            calls: 0,
            under_way: Vec::new(),
            answers: Vec::new(),
            requests: 0,
            terms: 0,
        }
    }

    fn moment(&self, node: usize) -> Moment {
        let node = &self.nodes[node];
        let ran = (self.now - node.stood_still) * node.rate / 1_000;
        Moment {
            monotonic: Duration::from_millis(ran),
            wall: Duration::from_millis(self.now.saturating_add_signed(node.set_by)),
        }
    }

    fn call(&mut self, node: usize, call: Call) {
        self.calls += 1;
        let sent = self.moment(node);
        self.nodes[node].waits = Some((self.calls, sent, self.now, call));
        self.under_way.push((node, self.calls, call));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Pass(time) => self.now += time,
            Act::Pause(node, time) => {
                let until = &mut self.nodes[node].paused_until;
                *until = (*until).max(self.now + time);
            }
            Act::Suspend(node, time) => {
                self.nodes[node].stood_still += time;
                self.now += time;
            }
            Act::Set(node, by) => self.nodes[node].set_by = by,
            Act::Arrive(node) => self.arrive(node),
            Act::Lose(node) => {
                if let Some(at) = self.under_way.iter().position(|it| it.0 == node) {
                    self.under_way.remove(at);
                }
            }
            Act::LoseAnswer(node) => {
                if let Some(at) = self.answers.iter().position(|it| it.0 == node) {
                    self.answers.remove(at);
                }
            }
            Act::Restart(node) if self.nodes[node].in_flight.is_empty() => {
                self.nodes[node].lease = Lease::new(timing());
                self.nodes[node].waits = None;
            }
            Act::Restart(_) => {}
            Act::Step(node) | Act::Answer(node) | Act::Send(node) | Act::Release(node)
                if self.nodes[node].paused_until > self.now =>
            {
                let _ = node;
            }
            Act::Answer(node) => self.answer(node),
            Act::Step(node) => self.step(node),
            Act::Send(node) => self.send(node),
            Act::Release(node) => {
                let idle = self.nodes[node].in_flight.is_empty();
                if idle
                    && self.nodes[node].waits.is_none()
                    && let Some(revision) = self.nodes[node].lease.release()
                {
                    self.call(node, Call::Free(revision));
                }
            }
        }
        let now = self.now;
        for node in &mut self.nodes {
            node.in_flight.retain(|end| *end > now);
        }
    }

    fn step(&mut self, node: usize) {
        let now = self.moment(node);
        if let Some((_, sent, _, call)) = self.nodes[node].waits {
            if now.since(sent) < Duration::from_millis(CALL) {
                return;
            }
            self.nodes[node].waits = None;
            let lease = &mut self.nodes[node].lease;
            match call {
                Call::Read => lease.on_read(now, None),
                Call::Write(_) => lease.on_written(sent, Err(Failed::Unknown)),
                Call::Free(_) => {}
            }
            return;
        }
        match self.nodes[node].lease.next(now) {
            Step::Read => self.call(node, Call::Read),
            Step::Write(revision) => self.call(node, Call::Write(revision)),
            Step::Sleep(time) => assert!(!time.is_zero()),
        }
    }

    fn arrive(&mut self, node: usize) {
        let Some(at) = self.under_way.iter().position(|it| it.0 == node) else {
            return;
        };
        let (_, number, call) = self.under_way.remove(at);
        let current = self.holder.map_or(0, |(revision, _)| revision);
        let mut write = |expected, holder| {
            if expected != current {
                return Err(Failed::Conflict);
            }
            self.revision += 1;
            self.holder = Some((self.revision, holder));
            Ok(self.revision)
        };
        let answered = match call {
            Call::Read => Answered::Read(self.holder),
            Call::Write(expected) => Answered::Written(write(expected, Some(node))),
            Call::Free(expected) => Answered::Written(write(expected, None)),
        };
        self.answers.push((node, number, answered));
    }

    fn answer(&mut self, node: usize) {
        let Some(at) = self.answers.iter().position(|it| it.0 == node) else {
            return;
        };
        let (_, number, answered) = self.answers.remove(at);
        let now = self.moment(node);
        let it = &mut self.nodes[node];
        let Some((_, sent, _, call)) = it.waits.take_if(|(waits, ..)| *waits == number) else {
            return;
        };
        match (call, answered) {
            (Call::Read, Answered::Read(read)) => {
                let entry = read.map(|(revision, holder)| Entry {
                    revision,
                    holder: match holder {
                        None => Holder::Nobody,
                        Some(other) if other == node => Holder::Me,
                        Some(_) => Holder::Other,
                    },
                });
                it.lease.on_read(now, Some(entry));
            }
            (Call::Write(_), Answered::Written(written)) => {
                let before = it.lease.term();
                it.lease.on_written(sent, written);
                self.terms += usize::from(before.is_none() && it.lease.term().is_some());
            }
            _ => {}
        }
    }

    fn send(&mut self, node: usize) {
        let now = self.moment(node);
        if !self.nodes[node].lease.may_start(now) {
            return;
        }
        for (other, it) in self.nodes.iter().enumerate() {
            assert!(
                other == node || it.in_flight.iter().all(|end| *end <= self.now),
                "relays {other} and {node} have requests in flight"
            );
        }
        // By the relay's clock it ends then.
        let rate = self.nodes[node].rate;
        let end = self.now + REQUEST * 1_000 / rate;
        self.nodes[node].in_flight.push(end);
        self.requests += 1;
    }
}

fn timing() -> Timing {
    let (request, lease) = (Duration::from_millis(REQUEST), Duration::from_millis(LEASE));
    Timing::of(request, lease)
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn no_two_relays_have_requests_in_flight(
        acts in acts(),
        rates in [990_u64..1_010, 990_u64..1_010, 990_u64..1_010],
    ) {
        let mut world = World::new(rates);
        for act in acts {
            world.act(act);
        }
    }

    /// A machine that was suspended believes its monotonic clock no longer, unless it was set back meanwhile.
    #[test]
    fn who_was_suspended_starts_nothing_until_it_has_renewed(time in LEASE..100_000_u64) {
        let mut world = World::new([1_000; NODES]);
        take(&mut world, 0);
        world.act(Act::Send(0));
        prop_assert_eq!(world.requests, 1);
        world.act(Act::Suspend(0, time));
        world.act(Act::Send(0));
        prop_assert_eq!(world.requests, 1);
        take(&mut world, 1);
        world.act(Act::Send(1));
        prop_assert!(world.requests <= 2);
    }

    #[test]
    fn when_all_is_well_somebody_forwards_again_within_two_leases(holder in 0..NODES, died in 0..2_000_u64) {
        let mut world = World::new([1_000; NODES]);
        take(&mut world, holder);
        let first = world.terms;
        run(&mut world, died, |_| true);
        prop_assert_eq!(world.terms, first, "nobody takes it from who renews");
        let end = world.now + 2 * LEASE;
        while world.terms == first && world.now < end {
            run(&mut world, 50, |node| node != holder);
        }
        prop_assert_eq!(world.terms, first + 1);
        // Several seconds later it is still one.
        run(&mut world, 3 * LEASE, |node| node != holder);
        prop_assert_eq!(world.terms, first + 1);
    }
}

#[test]
fn an_answer_that_is_lost_costs_no_term() {
    let mut world = World::new([1_000; NODES]);
    take(&mut world, 0);
    let term = world.nodes[0].lease.term();
    for _ in 0..5 {
        world.act(Act::Pass(390));
        world.act(Act::Step(0));
        world.act(Act::Arrive(0));
        world.act(Act::LoseAnswer(0));
        world.act(Act::Pass(CALL));
        run(&mut world, 300, |_| true);
    }
    assert_eq!(world.nodes[0].lease.term(), term);
    assert_eq!(world.terms, 1);
}

#[test]
fn who_lets_go_is_followed_at_once() {
    let mut world = World::new([1_000; NODES]);
    take(&mut world, 0);
    run(&mut world, 500, |_| true);
    world.act(Act::Pass(10));
    while world.nodes[0].waits.is_some() {
        run(&mut world, 10, |_| true);
    }
    world.act(Act::Release(0));
    world.act(Act::Arrive(0));
    let look = u64::try_from(timing().look.as_millis()).expect("a short time");
    run(&mut world, look + 50, |node| node != 0);
    assert_eq!(world.terms, 2);
}

/// Everything of these relays goes well for so long.
fn run(world: &mut World, time: u64, lives: impl Fn(usize) -> bool) {
    let end = world.now + time;
    while world.now < end {
        for node in (0..NODES).filter(|node| lives(*node)) {
            for act in [Act::Step(node), Act::Arrive(node), Act::Answer(node)] {
                world.act(act);
            }
        }
        world.act(Act::Pass(10));
    }
}

/// A relay gets the lease.
fn take(world: &mut World, node: usize) {
    let end = world.now + 3 * LEASE;
    while world.nodes[node].lease.term().is_none() && world.now < end {
        run(world, 10, |other| other == node);
    }
    assert!(world.nodes[node].lease.term().is_some());
}
