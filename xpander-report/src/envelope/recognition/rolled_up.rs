//! What the runs inside a run, as far as they are rolled up, count in it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::response::{Response, count_returned, declared, returned, warn_of_streams};
use crate::envelope::counted::{Counted, Identity};
use crate::envelope::inner_runs::{InnerRuns, Kind};
use crate::envelope::{Envelope, Field};
use crate::provider::response::ProviderResponse;
use crate::report::tokens::Tokens;

/// What inner runs leave to a run.
#[derive(Default)]
pub(super) struct RolledUp {
    pub(super) responses: Vec<InnerResponse>,
    /// The tools that the bodies made known, and those that inner runs list themselves.
    pub(super) tools: Vec<String>,
    /// The tokens that inner runs set themselves.
    tokens: Option<Tokens>,
    /// What inner tasks have counted.
    pub(super) tasks: Counted,
    known: HashMap<u64, usize>,
}

/// A response of a run that is rolled up.
pub(super) struct InnerResponse {
    pub(super) response: Response,
    identity: Identity,
    /// Its tokens are among those that the run set.
    has_set_tokens: bool,
    has_set_tools: bool,
}

impl RolledUp {
    pub(super) fn read(inner: InnerRuns<Envelope>) -> Self {
        let mut rolled_up = Self::default();
        let mut runs = Vec::new();
        for run in inner.runs {
            let (has_set_tokens, has_set_tools) = (run.has_set_tokens, run.has_set_tools);
            let envelope = match run.kind {
                Kind::RolledUp(envelope) => Some(envelope),
                Kind::Task(task) => task.get().and_then(|prepared| {
                    rolled_up.tasks.extend(&prepared.counted);
                    prepared.left_out.clone()
                }),
            };
            runs.extend(envelope.map(|envelope| (envelope, has_set_tokens, has_set_tools)));
        }
        let mut elsewhere = rolled_up.tasks.clone();
        for (envelope, has_set_tokens, has_set_tools) in runs {
            rolled_up.add(*envelope, has_set_tokens, has_set_tools, &mut elsewhere);
        }
        rolled_up
    }

    fn add(
        &mut self,
        mut run: Envelope,
        outer_has_set_tokens: bool,
        outer_has_set_tools: bool,
        elsewhere: &mut Counted,
    ) {
        let mut responses = declared(&mut run);
        if let Some(returned) = returned(&mut run) {
            count_returned(&mut responses, returned);
        }
        warn_of_streams(&run, &responses);
        if let Some(tokens) = run.tokens.filter(|_| !outer_has_set_tokens) {
            self.tokens = Some(self.tokens.map_or(tokens, |sum| sum.and(tokens)));
        }
        let lists_tools = matches!(run.used_tools, Field::Explicit(_));
        if !outer_has_set_tools {
            self.tools.extend(run.used_tools.get().unwrap_or_default());
        }
        for response in responses {
            let identity = response.identity();
            if !elsewhere.take(&identity) {
                self.add_response(InnerResponse {
                    identity,
                    response,
                    has_set_tokens: outer_has_set_tokens || run.tokens.is_some(),
                    has_set_tools: outer_has_set_tools || lists_tools,
                });
            }
        }
    }

    /// Adds a response, unless another inner run had the same one.
    fn add_response(&mut self, response: InnerResponse) {
        match self.known.entry(response.identity.exact()) {
            Entry::Occupied(place) => {
                if let Some(same) = self.responses.get_mut(*place.get()) {
                    same.has_set_tokens |= response.has_set_tokens;
                    same.has_set_tools |= response.has_set_tools;
                }
            }
            Entry::Vacant(place) => {
                place.insert(self.responses.len());
                self.responses.push(response);
            }
        }
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = Tokens> {
        let responses = self.responses.iter().filter(|it| !it.has_set_tokens);
        let read = responses.filter_map(|it| it.response.says.as_ref()?.tokens);
        self.tokens.into_iter().chain(read)
    }

    /// The tools that the responses ask for.
    pub(super) fn called(&self) -> impl Iterator<Item = &String> {
        let responses = self.responses.iter().filter(|it| !it.has_set_tools);
        responses
            .filter_map(|it| it.response.says.as_ref())
            .flat_map(|says| &says.used_tools)
    }

    /// The tokens that inner runs set themselves.
    #[cfg(feature = "tracing")]
    pub(super) fn set_tokens(&self) -> Option<Tokens> {
        self.tokens
    }

    /// The responses whose tokens are not among those.
    #[cfg(feature = "tracing")]
    pub(super) fn counting(&self) -> impl Iterator<Item = &ProviderResponse> {
        let responses = self.responses.iter().filter(|it| !it.has_set_tokens);
        responses.filter_map(|it| it.response.says.as_ref())
    }

    pub(super) fn says(&self) -> impl DoubleEndedIterator<Item = &ProviderResponse> {
        let responses = self.responses.iter();
        responses.filter_map(|it| it.response.says.as_ref())
    }

    /// What the run itself need not count.
    pub(super) fn counted(&self) -> Counted {
        let mut counted = self.tasks.clone();
        self.responses
            .iter()
            .for_each(|it| counted.add(it.identity));
        counted
    }
}
