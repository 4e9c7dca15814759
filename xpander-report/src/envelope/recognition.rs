//! What a run's responses say goes into its report, where nothing explicit stands.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::response::Declared;
use super::value::Captured;
use crate::envelope::{Envelope, Field};
use crate::provider::response::ProviderResponse;
use crate::provider::stream::reader::StreamReader;
use crate::provider::stream::recording::read_stream;
use crate::report::tokens::Tokens;

/// No run calls more tools than this, and none has a longer name.
const MAX_TOOLS: usize = 10_000;
const MAX_TOOL_NAME: usize = 1024;

/// A response of the run, and what was read of it.
struct Response {
    origin: Origin,
    raw: Box<RawValue>,
    says: Option<ProviderResponse>,
}

/// Where a response comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Given,
    Caught,
    Returned,
}

/// Reads the run's responses. Done once, away from the caller's thread.
pub(crate) fn recognise(envelope: &mut Envelope) {
    let mut responses = Vec::new();
    for declared in std::mem::take(&mut envelope.responses) {
        if let Some(response) = read(declared) {
            count_once(&mut responses, response);
        }
    }
    let returned = take_returned(&mut envelope.result).or_else(|| take_streamed(envelope));
    if std::mem::take(&mut envelope.may_be_finished) {
        settle(envelope, returned.as_ref());
    }
    if let Some(returned) = returned {
        count_returned(&mut responses, returned);
    }
    fill(envelope, &responses);
    if let Some(failure) = envelope.failure.take() {
        let result = std::mem::take(&mut envelope.result).get();
        let result = Captured::Text(failed(&failure, result));
        envelope.result = Field::Captured(result);
    }
    let responses = responses.into_iter().map(|response| response.raw);
    envelope.responses = responses.map(Declared::Given).collect();
}

/// A declared response. What was caught on its way and is no provider's is not the run's.
fn read(declared: Declared) -> Option<Response> {
    match declared {
        Declared::Given(raw) => Some(Response {
            origin: Origin::Given,
            says: ProviderResponse::read(raw.get()),
            raw,
        }),
        Declared::Caught(body) => {
            let (says, raw) = read_stream(&body.finish())?;
            Some(Response {
                origin: Origin::Caught,
                says: Some(says),
                raw,
            })
        }
    }
}

/// The returned value, if it is a provider's response. The assistant's text takes its place.
fn take_returned(result: &mut Field<Captured>) -> Option<Response> {
    let Field::Captured(Captured::Json(json)) = result else {
        return None;
    };
    let says = ProviderResponse::recognise(json)?;
    let raw = RawValue::from_string(std::mem::take(json)).ok()?;
    *result = match &says.result {
        Some(text) => Field::Captured(Captured::Text(text.clone())),
        None => Field::Absent,
    };
    Some(Response {
        origin: Origin::Returned,
        raw,
        says: Some(says),
    })
}

/// What the items of a returned stream make together, if they are a provider's. The assistant's text takes
/// their place.
fn take_streamed(envelope: &mut Envelope) -> Option<Response> {
    if envelope.chunks.is_empty() {
        return None;
    }
    let chunks = std::mem::take(&mut envelope.chunks);
    let mut stream = StreamReader::default();
    for chunk in chunks.lines() {
        stream.push(chunk);
    }
    let Some((says, raw)) = stream.finish() else {
        let items = chunks.lines().collect::<Vec<_>>().join(",");
        let items = Captured::Json(format!("[{items}]"));
        envelope.result.capture(Some(items));
        return None;
    };
    envelope
        .result
        .capture(says.result.clone().map(Captured::Text));
    Some(Response {
        origin: Origin::Returned,
        raw,
        says: Some(says),
    })
}

/// Decides whether a stream was cancelled whose consumer asked for no more: not if the provider had said why
/// it ended.
fn settle(envelope: &mut Envelope, streamed: Option<&Response>) {
    if streamed.is_some_and(Response::is_finished) {
        envelope.failure = None;
        envelope.error_type = None;
        envelope.is_success.capture(Some(true));
    } else {
        envelope.is_success.set(false);
    }
}

/// Adds a declared response, unless it was there already: then a later answer to the same question, which
/// knows more, takes its place, and what was caught is closer to the provider than what was given.
fn count_once(responses: &mut Vec<Response>, response: Response) {
    if response.origin == Origin::Given && response.is_made() && is_caught(responses) {
        return;
    }
    match responses.iter_mut().find(|other| other.is(&response)) {
        Some(same) if same.origin == Origin::Caught && response.origin == Origin::Given => {}
        Some(same) => *same = response,
        None => responses.push(response),
    }
}

/// Adds the returned response, unless it was declared as well. What a crate made of its responses is no
/// response beside those that were declared.
fn count_returned(responses: &mut Vec<Response>, returned: Response) {
    let is_declared = responses.iter().any(|other| other.is(&returned));
    if !is_declared && (responses.is_empty() || !returned.is_made()) {
        responses.push(returned);
    }
}

fn is_caught(responses: &[Response]) -> bool {
    let mut origins = responses.iter().map(|response| response.origin);
    origins.any(|origin| origin == Origin::Caught)
}

impl Response {
    /// Whether it is the same response: by its id, else by its bytes, else, if they went different ways, by
    /// what it says.
    fn is(&self, other: &Self) -> bool {
        match (self.id(), other.id()) {
            (Some(id), Some(other)) => id == other,
            _ if self.origin == other.origin => self.raw.get() == other.raw.get(),
            _ => self.gist().is_some_and(|gist| Some(gist) == other.gist()),
        }
    }

    /// Whether the provider says why it ended.
    fn is_finished(&self) -> bool {
        let says = self.says.as_ref();
        says.is_some_and(|says| says.finish_reason.is_some())
    }

    /// Whether a Rust crate made it of the provider's responses.
    fn is_made(&self) -> bool {
        let says = self.says.as_ref();
        says.is_some_and(|says| says.shape.is_of_a_crate())
    }

    fn id(&self) -> Option<&str> {
        self.says.as_ref()?.id.as_deref()
    }

    fn gist(&self) -> Option<(Option<&str>, &[String], Option<u64>)> {
        let says = self.says.as_ref()?;
        let total = says.tokens.map(|tokens| tokens.total_tokens());
        Some((says.result.as_deref(), &says.used_tools, total))
    }
}

fn fill(envelope: &mut Envelope, responses: &[Response]) {
    let says = || {
        responses
            .iter()
            .filter_map(|response| response.says.as_ref())
    };
    envelope.tokens = envelope
        .tokens
        .or_else(|| says().filter_map(|says| says.tokens).reduce(Tokens::and));
    if let Field::Absent | Field::Captured(_) = envelope.used_tools {
        let mut tools = std::mem::take(&mut envelope.used_tools)
            .get()
            .unwrap_or_default();
        add_tools(&mut tools, says().flat_map(|says| &says.used_tools));
        envelope.used_tools.capture(Some(tools));
    }
    if let (Field::Absent, None) = (&envelope.result, &envelope.failure) {
        let text = says().rev().find_map(|says| says.result.clone());
        envelope.result.capture(text.map(Captured::Text));
    }
    // What went wrong on the way, the run got over; how it ended counts.
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

/// What stands for the failure where no content may leave: a word of the provider's, not a text.
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

/// Adds the calls that responses ask for. A call that the body made known as well is one call.
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
