//! A run before its body begins.

#[cfg(feature = "_middleware")]
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use crate::envelope::value::Captured;
use crate::envelope::{Envelope, InputNames, Target};
use crate::report::json;
use crate::report::task_id::TaskId;
use crate::reporter::spans_only::spans_only;
use crate::reporter::{Reporter, global};
use crate::run::Run;
use crate::run::capture::{Capture, captured};
use crate::run::current::{self, Place, RunState, TakenBy};
use crate::run::end::{Outcome, extracted};
use crate::run::key_values::IntoId;
use crate::run::span::RunSpan;
use crate::sink::Wanted;
use crate::support::bounded::MAX_CAPTURED;
use crate::support::panics::catch_panic;
use crate::support::random;

/// A run before its body begins: what it is given is captured here. Off when nobody listens.
#[derive(Debug)]
pub struct Start(Option<Beginning>);

#[derive(Debug)]
struct Beginning {
    reporter: Reporter,
    place: Place,
    span: RunSpan,
    envelope: Box<Envelope>,
}

impl Start {
    /// A run that goes to the current reporter, if there is one.
    pub fn new(module: &'static str, function: &'static str) -> Self {
        Self(Beginning::new(
            global::current(),
            Target { module, function },
        ))
    }

    /// A run that goes to this reporter.
    pub fn with(
        module: &'static str,
        function: &'static str,
        reporter: impl Fn() -> Reporter,
    ) -> Self {
        Self(Beginning::new(
            catch_panic(reporter),
            Target { module, function },
        ))
    }

    /// Whether somebody listens. Nothing is captured otherwise.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The keys `sample` and `keep_failures`: reports this share of the runs, from 0 to 1.
    pub fn sample(&mut self, rate: impl Fn() -> f64, keep_failures: bool) {
        let Some(beginning) = &mut self.0 else {
            return;
        };
        // A rate that panics is no rate.
        let is_drawn = catch_panic(rate).is_none_or(|rate| random::unit() < rate);
        if !is_drawn && keep_failures {
            beginning.envelope.only_if_failed = true;
        } else if !is_drawn && beginning.span.is_open() {
            beginning.leave_to_span();
        } else if !is_drawn {
            self.0 = None;
        }
    }

    /// The key `rollup`: inside another run it is no task, and counts there.
    pub fn rollup(&mut self) {
        if let Some(Beginning { place, .. }) = &mut self.0 {
            place.wanted.rolled_up = true;
        }
    }

    /// The key `max_bytes`.
    pub fn max_bytes(&mut self, max_bytes: impl Fn() -> usize) {
        let max_bytes = catch_panic(max_bytes);
        self.edit(|envelope| envelope.max_bytes = max_bytes);
    }

    /// The captured arguments: one is the input, several become an object by name. `is_listed`: the key `input` lists
    /// them.
    pub fn arguments(&mut self, arguments: &[(&'static str, &dyn Capture)], is_listed: bool) {
        self.content(|envelope| {
            // Some may stand under a `#[cfg]`, which only the compiler can judge.
            let (input, names) = match arguments {
                [] => return,
                [(_, only)] if is_listed => (captured(*only, MAX_CAPTURED), InputNames::Fields),
                [(name, only)] => (captured(*only, MAX_CAPTURED), InputNames::Value(name)),
                several if is_listed => (Some(object(several)), InputNames::Listed),
                several => (Some(object(several)), InputNames::Fields),
            };
            envelope.input.capture(input);
            envelope.input_names = names;
        });
    }

    /// The key `input`.
    pub fn input(&mut self, look: &mut dyn FnMut(&mut Outcome<'_>)) {
        self.content(|envelope| {
            if let Some(value) = extracted(look) {
                envelope.input.set(value);
            }
        });
    }

    /// The key `agent_id`.
    pub fn agent_id<Via, T: IntoId<Via>>(&mut self, agent_id: impl Fn() -> T) {
        let agent_id = catch_panic(|| agent_id().into_id()).flatten();
        self.edit(|envelope| envelope.agent_id = agent_id.filter(|id| !id.is_empty()));
    }

    /// The key `id`.
    pub fn id<Via, T: IntoId<Via>>(&mut self, id: impl Fn() -> T) {
        let id = catch_panic(|| id().into_id()).flatten();
        self.edit(|envelope| envelope.id = id.filter(|id| !id.is_empty()).map(TaskId::from));
    }

    /// Everything is captured; the body may begin.
    pub fn begin(self) -> Run {
        Run {
            is_on: self.0.is_some(),
            shared: self.0.map(|beginning| {
                let Beginning {
                    reporter,
                    place,
                    span,
                    envelope,
                } = beginning;
                Arc::new(RunState {
                    reporter,
                    place,
                    span,
                    envelope: Mutex::new(Some(envelope)),
                    #[cfg(any(
                        feature = "bedrock",
                        feature = "reqwest-middleware",
                        feature = "tower"
                    ))]
                    recorded: AtomicUsize::new(0),
                })
            }),
            ..Run::default()
        }
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Envelope)) {
        if let Some(Beginning { envelope, .. }) = &mut self.0 {
            edit(envelope);
        }
    }

    /// Captures content, unless none may leave.
    fn content(&mut self, capture: impl FnOnce(&mut Envelope)) {
        if let Some(Beginning {
            reporter, envelope, ..
        }) = &mut self.0
            && reporter.captures_content()
        {
            capture(envelope);
        }
    }
}

impl Beginning {
    fn new(reporter: Option<Reporter>, target: Target) -> Option<Self> {
        let span = RunSpan::open(target.function);
        if reporter.is_none() && !span.is_open() {
            return None;
        }
        let outer = current::outer();
        let has_reporter = reporter.is_some();
        let wanted = reporter
            .as_ref()
            .and_then(|it| it.wants(target.module, target.function));
        // Without an enclosing run, a run that is only rolled up would become a task.
        let wanted = wanted.filter(|wanted| wanted.as_task || outer.strong_count() > 0);
        let mut beginning = Self {
            reporter: reporter.unwrap_or_else(Reporter::disabled),
            place: Place {
                outer,
                wanted: wanted.unwrap_or(Wanted {
                    as_task: true,
                    rolled_up: false,
                }),
                taken_by: TakenBy::Reporter,
            },
            span,
            envelope: Box::new(Envelope {
                target: Some(target),
                ..Envelope::default()
            }),
        };
        match (wanted, has_reporter) {
            (Some(_), _) => {}
            (None, _) if !beginning.span.is_open() => return None,
            (None, true) => beginning.leave_to_span(),
            (None, false) => {
                beginning.reporter = spans_only();
                beginning.place.taken_by = TakenBy::Span;
            }
        }
        Some(beginning)
    }

    /// The reporter does not take the run.
    fn leave_to_span(&mut self) {
        self.place.taken_by = TakenBy::SpanInside;
        self.place.wanted = Wanted {
            as_task: false,
            rolled_up: true,
        };
    }
}

/// Captured arguments as an object by name.
pub(super) fn object(arguments: &[(&'static str, &dyn Capture)]) -> Captured {
    let mut object = String::from("{");
    let mut room = MAX_CAPTURED;
    let mut is_whole = true;
    for (name, value) in arguments {
        if object.len() > 1 {
            object.push(',');
        }
        json::push_string(&mut object, name);
        object.push(':');
        match captured(*value, room) {
            Some(value) => {
                room = room.saturating_sub(value.bytes());
                is_whole &= !matches!(value, Captured::Cut(_));
                value.push_json(&mut object);
            }
            None => object.push_str("null"),
        }
    }
    object.push('}');
    match is_whole {
        true => Captured::Json(object),
        false => Captured::cut_json(object),
    }
}
