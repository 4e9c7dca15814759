//! What a run's responses say goes into its report, where nothing explicit stands.

mod response;
mod rolled_up;

use std::collections::HashMap;

use response::{Response, count_returned, declared, returned, warn_of_streams};
use rolled_up::RolledUp;

use crate::envelope::counted::Counted;
use crate::envelope::inner_runs::Prepared;
use crate::envelope::response::Declared;
#[cfg(feature = "tracing")]
use crate::envelope::summary::{Counts, Summary};
use crate::envelope::value::Captured;
use crate::envelope::{Envelope, Field};
use crate::provider::response::ProviderResponse;
use crate::report::tokens::Tokens;

/// No run calls more tools than this, and none has a longer name.
const MAX_TOOLS: usize = 10_000;
const MAX_TOOL_NAME: usize = 1024;

/// Reads the run's responses. Done once, away from the caller's thread.
pub(crate) fn recognise(envelope: &mut Envelope) {
    let inner = RolledUp::read(std::mem::take(&mut envelope.inner));
    let mut own = declared(envelope);
    let returned = returned(envelope);
    if std::mem::take(&mut envelope.may_be_finished) {
        decide_cancellation(envelope, returned.as_ref());
    }
    if let Some(returned) = returned {
        count_returned(&mut own, returned);
    }
    warn_of_streams(envelope, &own);
    let identities: Vec<_> = own.iter().map(Response::identity).collect();
    let mut elsewhere = inner.counted();
    let counts: Vec<_> = identities.iter().map(|it| !elsewhere.take(it)).collect();
    #[cfg(feature = "tracing")]
    if let Some(summary) = &mut envelope.summary {
        let says = own.iter().filter_map(|response| response.says.as_ref());
        **summary = Summary::of(inner.says().chain(says).last());
        let own = own.iter().zip(&counts).filter(|(_, counts)| **counts);
        let own = own.filter_map(|(response, _)| response.says.as_ref());
        summary.counts = match envelope.tokens {
            Some(tokens) => Counts::set(tokens),
            None => {
                let read = inner.counting().chain(own).filter_map(Counts::of);
                let set = inner.set_tokens().map(Counts::set);
                set.into_iter()
                    .chain(read)
                    .fold(Counts::default(), Counts::and)
            }
        };
    }
    fill(envelope, &inner, &own, &counts);
    if let Some(failure) = envelope.failure.take() {
        let result = std::mem::take(&mut envelope.result).get();
        let result = Captured::Text(failed(&failure, result));
        envelope.result = Field::Captured(result);
    }
    let mut counted = inner.counted();
    identities.into_iter().for_each(|it| counted.add(it));
    let own = own.into_iter().zip(counts);
    let own = own.filter_map(|(response, counts)| counts.then_some(response.raw));
    let inner_tasks = inner.tasks;
    let responses = inner.responses.into_iter().map(|it| it.response.raw);
    envelope.responses = responses.chain(own).map(Declared::Given).collect();
    tell_outer(envelope, counted, inner_tasks);
}

/// Gives the outer run the responses that it need not count, or the data that it must count.
fn tell_outer(envelope: &mut Envelope, counted: Counted, inner_tasks: Counted) {
    let Some(task) = envelope.as_inner.take() else {
        return;
    };
    task.set(match envelope.is_left_out() {
        true => Prepared {
            counted: inner_tasks,
            left_out: Some(Box::new(envelope.clone())),
        },
        false => Prepared {
            counted,
            left_out: None,
        },
    });
}

/// Decides whether a stream was cancelled when its consumer stopped reading. It was not if the provider had sent a
/// finish reason.
fn decide_cancellation(envelope: &mut Envelope, streamed: Option<&Response>) {
    if streamed.is_some_and(Response::is_finished) {
        envelope.failure = None;
        envelope.error_type = None;
        envelope.is_success.capture(Some(true));
    } else {
        envelope.is_success.set(false);
    }
}

fn fill(envelope: &mut Envelope, inner: &RolledUp, own: &[Response], counts: &[bool]) {
    let counting = own.iter().zip(counts);
    let counting =
        counting.filter_map(|(response, counts)| response.says.as_ref().filter(|_| *counts));
    let tokens = counting.clone().filter_map(|says| says.tokens);
    let tokens = inner.tokens().chain(tokens).reduce(Tokens::and);
    envelope.tokens = envelope.tokens.or(tokens);
    if let Field::Absent | Field::Captured(_) = envelope.used_tools {
        let mut tools = inner.tools.clone();
        tools.extend(
            std::mem::take(&mut envelope.used_tools)
                .get()
                .unwrap_or_default(),
        );
        let called = counting.flat_map(|says| &says.used_tools);
        add_tools(&mut tools, inner.called().chain(called));
        envelope.used_tools.capture(Some(tools));
    }
    let says = || own.iter().filter_map(|response| response.says.as_ref());
    if let (Field::Absent, None) = (&envelope.result, &envelope.failure) {
        let text = says()
            .rev()
            .chain(inner.says().rev())
            .find_map(|says| says.result.clone());
        envelope.result.capture(text.map(Captured::Text));
    }
    // The run recovered from the failures of earlier responses. The last response decides.
    if let Some(last) = says().next_back()
        && let Some(failure) = &last.failure
        && let Field::Absent | Field::Captured(true) = envelope.is_success
    {
        envelope.is_success.capture(Some(false));
        envelope.error_type = Some(word(last).into());
        if let Field::Absent | Field::Captured(_) = envelope.result {
            let result = std::mem::take(&mut envelope.result).get();
            let result = Captured::Text(failed(failure, result));
            envelope.result.capture(Some(result));
        }
    }
}

/// A word for the failure if content may not be sent: the finish reason or the shape, never a text.
fn word(says: &ProviderResponse) -> String {
    let is_word = |word: &&String| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        word.len() <= 64 && word.bytes().all(is_part)
    };
    let word = says.finish_reason.as_ref().filter(is_word);
    word.map_or_else(|| says.shape.to_string(), Clone::clone)
}

/// Why the run failed, then what came out of it all the same.
fn failed(failure: &str, result: Option<Captured>) -> String {
    match result.map(Captured::into_text) {
        Some(result) if !result.is_empty() && !failure.ends_with(&result) => {
            format!("{failure}: {result}")
        }
        _ => failure.to_owned(),
    }
}

/// Adds the tool calls that responses request. A call that the body also reported counts once.
fn add_tools<'a>(tools: &mut Vec<String>, called: impl Iterator<Item = &'a String>) {
    let mut known = HashMap::<String, usize>::new();
    for tool in tools.iter() {
        *known.entry(tool.clone()).or_default() += 1;
    }
    let called = called.filter(|tool| tool.len() <= MAX_TOOL_NAME);
    for tool in called.take(MAX_TOOLS) {
        match known.get_mut(tool) {
            Some(left @ 1..) => *left -= 1,
            _ => tools.push(tool.clone()),
        }
    }
}
