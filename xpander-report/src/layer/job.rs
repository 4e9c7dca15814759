use std::time::{Duration, Instant};

use super::closures::{Read, Show};
use super::time::Time;
use crate::reporter::Reporter;
use crate::run::start::Start;
use crate::support::panics::catch_panic;

const DEFAULT_MARGIN: Duration = Duration::from_millis(500);

/// How a request is reported.
pub(super) struct Job<R> {
    pub(super) name: &'static str,
    pub(super) reporter: Option<Reporter>,
    pub(super) agent_id: Option<Read<R, Option<String>>>,
    pub(super) id: Option<Read<R, Option<String>>>,
    pub(super) input: Option<Show<R>>,
    pub(super) deadline: Option<Read<R, Option<Instant>>>,
    pub(super) margin: Duration,
}

impl<R> Job<R> {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            reporter: None,
            agent_id: None,
            id: None,
            input: None,
            deadline: None,
            margin: DEFAULT_MARGIN,
        }
    }

    pub(super) fn start(&self, request: &R) -> Start {
        let (module, function) = self
            .name
            .rsplit_once("::")
            .unwrap_or((self.name, self.name));
        let mut start = match &self.reporter {
            Some(reporter) => Start::with(module, function, || reporter.clone()),
            None => Start::new(module, function),
        };
        if !start.is_on() {
            return start;
        }
        if let Some(agent_id) = &self.agent_id {
            start.agent_id(|| agent_id(request));
        }
        if let Some(id) = &self.id {
            start.id(|| id(request));
        }
        if let Some(input) = &self.input {
            start.input(&mut |outcome| input(request, outcome));
        }
        start
    }

    /// The time left for a request.
    pub(super) fn time(&self, request: &R) -> Option<Time> {
        let deadline = self.deadline.as_ref()?;
        let deadline = catch_panic(|| deadline(request)).flatten()?;
        Some(Time::until(deadline, self.margin))
    }
}

impl<R> Clone for Job<R> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            reporter: self.reporter.clone(),
            agent_id: self.agent_id.clone(),
            id: self.id.clone(),
            input: self.input.clone(),
            deadline: self.deadline.clone(),
            margin: self.margin,
        }
    }
}
