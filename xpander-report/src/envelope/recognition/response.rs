//! A response of a run, wherever it comes from, and how it counts once.

use serde_json::value::RawValue;

use crate::envelope::counted::Identity;
use crate::envelope::missing_usage;
use crate::envelope::response::Declared;
use crate::envelope::value::Captured;
use crate::envelope::{Envelope, Field};
use crate::provider::response::ProviderResponse;
use crate::provider::stream::reader::StreamReader;
use crate::provider::stream::recording::{has_end, read_stream};

/// A response of the run, and what was read of it.
pub(super) struct Response {
    origin: Origin,
    pub(super) raw: Box<RawValue>,
    pub(super) says: Option<ProviderResponse>,
    /// It came as a stream, which was read to its end.
    is_whole_stream: bool,
}

/// Where a response comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Given,
    Caught,
    Returned,
}

/// The responses that were declared, each once.
pub(super) fn declared(envelope: &mut Envelope) -> Vec<Response> {
    let mut responses = Vec::new();
    for declared in std::mem::take(&mut envelope.responses) {
        if let Some(response) = read(declared) {
            count_once(&mut responses, response);
        }
    }
    responses
}

/// What the run returned, if it is a provider's response.
pub(super) fn returned(envelope: &mut Envelope) -> Option<Response> {
    let is_whole = !envelope.may_be_finished && envelope.failure.is_none();
    take_returned(envelope).or_else(|| take_streamed(envelope, is_whole))
}

/// Reads a declared response. `None` if it was caught in the HTTP client and is not a provider's.
fn read(declared: Declared) -> Option<Response> {
    match declared {
        Declared::Given(raw) => Some(Response {
            origin: Origin::Given,
            says: ProviderResponse::read(raw.get()),
            raw,
            is_whole_stream: false,
        }),
        Declared::Caught(body) => {
            let recording = body.finish();
            let (says, json) = read_stream(&recording)?;
            let raw = RawValue::from_string(json).ok()?;
            Some(Response {
                origin: Origin::Caught,
                says: Some(says),
                raw,
                is_whole_stream: has_end(&recording),
            })
        }
    }
}

/// The returned value, if it is a provider's response. The assistant's text takes its place, unless an explicit
/// result stands there.
fn take_returned(envelope: &mut Envelope) -> Option<Response> {
    if let Some(json) = envelope.returned.take() {
        let says = ProviderResponse::recognise(&json)?;
        let raw = RawValue::from_string(json).ok()?;
        return Some(Response::returned(says, raw, false));
    }
    let Field::Captured(Captured::Json(json)) = &mut envelope.result else {
        return None;
    };
    let says = ProviderResponse::recognise(json)?;
    let raw = RawValue::from_string(std::mem::take(json)).ok()?;
    envelope.result = match &says.result {
        Some(text) => Field::Captured(Captured::Text(text.clone())),
        None => Field::Absent,
    };
    Some(Response::returned(says, raw, false))
}

/// What the items of a returned stream make together, if they are a provider's. The assistant's text takes
/// their place.
fn take_streamed(envelope: &mut Envelope, is_whole: bool) -> Option<Response> {
    if envelope.chunks.is_empty() {
        return None;
    }
    let chunks = std::mem::take(&mut envelope.chunks);
    let mut stream = StreamReader::default();
    for chunk in chunks.lines() {
        stream.push(chunk);
    }
    let read = stream.finish();
    let read = read.and_then(|(says, json)| Some((says, RawValue::from_string(json).ok()?)));
    let Some((says, raw)) = read else {
        let items = chunks.lines().collect::<Vec<_>>().join(",");
        let items = Captured::Json(format!("[{items}]"));
        envelope.result.capture(Some(items));
        return None;
    };
    envelope
        .result
        .capture(says.result.clone().map(Captured::Text));
    Some(Response::returned(says, raw, is_whole))
}

/// Says of streams that came without usage how to ask for it, once the run is over and if it did not count itself.
pub(super) fn warn_of_streams(run: &Envelope, responses: &[Response]) {
    let (Some(target), Some(_), None) = (run.target, run.duration, run.tokens) else {
        return;
    };
    let streams = responses.iter().filter(|response| response.is_whole_stream);
    let without = streams
        .filter_map(|response| response.says.as_ref())
        .filter(|says| says.tokens.is_none());
    for says in without {
        missing_usage::warn_once(target, says.shape);
    }
}

/// Adds a declared response. If it is already there, the later copy, which is more complete, replaces the earlier one.
/// A caught response is not replaced by a given one: it is closer to the provider.
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

/// Adds the returned response, unless it was declared, too. If other responses were declared, a response that a crate
/// made from a provider's responses is not added.
pub(super) fn count_returned(responses: &mut Vec<Response>, returned: Response) {
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
    fn returned(says: ProviderResponse, raw: Box<RawValue>, is_whole_stream: bool) -> Self {
        Self {
            origin: Origin::Returned,
            raw,
            says: Some(says),
            is_whole_stream,
        }
    }

    /// Whether it is the same response. If both have an id, the ids are compared. If not, two responses of the same
    /// origin are compared by their bytes, and two of different origins by their content.
    fn is(&self, other: &Self) -> bool {
        match (self.id(), other.id()) {
            (Some(id), Some(other)) => id == other,
            _ if self.origin == other.origin => self.raw.get() == other.raw.get(),
            _ => self.gist().is_some_and(|gist| Some(gist) == other.gist()),
        }
    }

    /// Whether the provider says why it ended.
    pub(super) fn is_finished(&self) -> bool {
        let says = self.says.as_ref();
        says.is_some_and(|says| says.finish_reason.is_some())
    }

    /// Whether a Rust crate made it of the provider's responses.
    fn is_made(&self) -> bool {
        let says = self.says.as_ref();
        says.is_some_and(|says| says.shape.is_of_a_crate())
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::new(self.raw.get(), self.says.as_ref())
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
