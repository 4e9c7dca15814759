//! What stands around an answer: a line of a batch's results, an event, what a gateway adds.

use crate::provider::document::Node;
use crate::provider::event::Event;
use crate::provider::failure;
use crate::provider::key::Key;

keys! {
    BATCH_REQUEST_ID BATCH_RESULT BODY CHAT_GET_COMPLETION CHAT_RESPONSE COMPLETION CONSUMED_CREDITS
    CREATED_AT CREATED_BY CUSTOM_ID DATA DESCRIPTION DONE ERROR ERRORS EVENT_ID FINAL_RESULT HEADERS
    ID INFERENCE_RESPONSE INLINED_RESPONSES INTERMEDIATE_FAILURES INTERMEDIATE_RESULTS KEY MESSAGE
    MESSAGES METADATA MODEL_ID MODEL_INPUT MODEL_OUTPUT MODEL_VERSION MODIFIED_AT MODULE_RESULTS
    ORCHESTRATION_RESULT OUTPUT PAGINATION_TOKEN PARENT_TOOL_USE_ID PREDICTIONS PROCESSED_TIME
    RAW_RESPONSE RECORD_ID REMAINING_CREDITS REQUEST REQUEST_ID RESPONSE RESULT RESULTS RESULT_INFO
    SEQUENCE_NUMBER SESSION_ID STATUS STATUS_CODE SUCCESS TIMESTAMP TRACE_ID TURNS TYPE UUID
}

/// An answer lies no deeper.
pub(super) const MAX_DEPTH: usize = 5;

struct Envelope {
    /// Where the answer is, or a list of answers.
    inside: Key,
    /// What else it may have.
    beside: &'static [Key],
    /// What tells it from other objects with these keys.
    is_one: fn(&Node<'_>) -> bool,
    /// Whether each event of a stream comes in one.
    is_streamed: bool,
}

const ENVELOPES: &[Envelope] = &[
    // A line of a batch's results: OpenAI and those who took it over, then what lies inside.
    batch(RESPONSE, &[CUSTOM_ID, ID, ERROR], |line| {
        line.has(CUSTOM_ID)
    }),
    batch(BODY, &[STATUS_CODE, REQUEST_ID, HEADERS], |response| {
        response[STATUS_CODE].is_number()
    }),
    // Anthropic.
    batch(RESULT, &[CUSTOM_ID], |line| line.has(CUSTOM_ID)),
    batch(MESSAGE, &[TYPE, ERROR], is_result),
    // Gemini and Vertex AI.
    batch(RESPONSE, &[KEY, ERROR, METADATA, STATUS], |line| {
        line[KEY].is_text()
    }),
    batch(
        RESPONSE,
        &[REQUEST, STATUS, PROCESSED_TIME, KEY, ERROR, ID],
        |line| line.has(REQUEST),
    ),
    batch(INLINED_RESPONSES, &[], |_| true),
    batch(RESPONSE, &[METADATA, ERROR], |line| {
        line[METADATA].is_object()
    }),
    // Bedrock.
    batch(MODEL_OUTPUT, &[RECORD_ID, MODEL_INPUT, ERROR], |line| {
        line[RECORD_ID].is_text()
    }),
    // xAI.
    batch(RESULTS, &[PAGINATION_TOKEN], |page| {
        page[RESULTS][0].has(BATCH_REQUEST_ID)
    }),
    batch(BATCH_RESULT, &[BATCH_REQUEST_ID, ERROR], |result| {
        result.has(BATCH_REQUEST_ID)
    }),
    batch(CHAT_GET_COMPLETION, &[], |_| true),
    // An operation of Yandex's that has ended.
    batch(
        RESPONSE,
        &[
            DONE,
            ID,
            DESCRIPTION,
            CREATED_AT,
            CREATED_BY,
            MODIFIED_AT,
            METADATA,
        ],
        |operation| operation[DONE].is_bool(),
    ),
    // Workers AI.
    streamed(
        RESULT,
        &[SUCCESS, ERRORS, MESSAGES, RESULT_INFO],
        |answer| answer[SUCCESS].is_bool(),
    ),
    // Yandex.
    streamed(RESULT, &[], |_| true),
    // An event of OpenAI's.
    batch(
        RESPONSE,
        &[TYPE, EVENT_ID, SEQUENCE_NUMBER],
        |event| match event[TYPE].text() {
            Some(kind) => kind.starts_with("response."),
            None => false,
        },
    ),
    // Gemini Code Assist, and Tencent.
    streamed(
        RESPONSE,
        &[TRACE_ID, METADATA, CONSUMED_CREDITS, REMAINING_CREDITS],
        |_| true,
    ),
    // SAP.
    streamed(
        FINAL_RESULT,
        &[REQUEST_ID, INTERMEDIATE_RESULTS, INTERMEDIATE_FAILURES],
        |answer| answer[REQUEST_ID].is_text(),
    ),
    streamed(
        ORCHESTRATION_RESULT,
        &[REQUEST_ID, MODULE_RESULTS],
        |answer| answer[REQUEST_ID].is_text(),
    ),
    // Oracle.
    streamed(CHAT_RESPONSE, &[MODEL_ID, MODEL_VERSION], |answer| {
        answer[MODEL_ID].is_text()
    }),
    streamed(INFERENCE_RESPONSE, &[MODEL_ID, MODEL_VERSION], |answer| {
        answer[MODEL_ID].is_text()
    }),
    // A line of what Claude Code prints.
    batch(
        MESSAGE,
        &[
            TYPE,
            SESSION_ID,
            PARENT_TOOL_USE_ID,
            UUID,
            REQUEST_ID,
            TIMESTAMP,
        ],
        |line| line[TYPE].is("assistant") && line[SESSION_ID].is_text(),
    ),
    // What several turns of a session make.
    batch(TURNS, &[], |_| true),
    // Gateways, of which none is known to be one.
    gateway(DATA),
    gateway(OUTPUT),
    gateway(COMPLETION),
    gateway(RAW_RESPONSE),
    gateway(PREDICTIONS),
];

const fn batch(inside: Key, beside: &'static [Key], is_one: fn(&Node<'_>) -> bool) -> Envelope {
    Envelope {
        inside,
        beside,
        is_one,
        is_streamed: false,
    }
}

const fn streamed(inside: Key, beside: &'static [Key], is_one: fn(&Node<'_>) -> bool) -> Envelope {
    Envelope {
        inside,
        beside,
        is_one,
        is_streamed: true,
    }
}

const fn gateway(inside: Key) -> Envelope {
    batch(inside, &[], |_| false)
}

impl Envelope {
    /// Whether an object is such an envelope, and nothing else.
    fn holds(&self, document: &Node<'_>) -> bool {
        (self.is_one)(document) && document.has_only_and(self.inside, self.beside)
    }
}

/// What may be an answer inside a document: all that lies where an envelope has answers. A value that is not known
/// to be a response has to be an envelope and nothing else.
pub(super) fn inside<'n, 'a>(
    document: &'n Node<'a>,
    is_declared: bool,
) -> impl Iterator<Item = &'n [Node<'a>]> {
    let envelopes = ENVELOPES.iter().enumerate();
    let envelopes = envelopes.filter(move |(at, envelope)| {
        let is_first = || {
            let mut before = ENVELOPES[..*at].iter();
            before.all(|other| other.inside != envelope.inside)
        };
        document.has(envelope.inside)
            && match is_declared {
                true => is_first(),
                false => envelope.holds(document),
            }
    });
    envelopes.filter_map(|(_, envelope)| match &document[envelope.inside] {
        Node::List(answers) if (envelope.is_one)(document) => Some(answers.as_slice()),
        answer @ Node::Object(_) => Some(std::slice::from_ref(answer)),
        _ => None,
    })
}

/// Whether a document is known to be an envelope, so that an error in it is the provider's.
pub(super) fn is_one(document: &Node<'_>) -> bool {
    ENVELOPES
        .iter()
        .any(|envelope| !envelope.beside.is_empty() && envelope.holds(document))
}

/// Whether an envelope is a line of a batch's results, or all of them.
pub(super) fn is_of_a_batch(document: &Node<'_>) -> bool {
    document.has(CUSTOM_ID)
        || document.has(BATCH_REQUEST_ID)
        || document.has(INLINED_RESPONSES)
        || document.has(MODEL_OUTPUT) && document.has(RECORD_ID)
        || document.has(RESPONSE) && (document.has(REQUEST) || document[KEY].is_text())
}

/// Why there is no answer in an envelope.
pub(super) fn trouble(document: &Node<'_>) -> Option<String> {
    let status = &document[STATUS_CODE];
    let is_result = || document[TYPE].text().filter(|_| is_result(document));
    failure::said(document)
        .or_else(|| failure::of(is_result()?, None))
        .or_else(|| {
            let why = document[STATUS]
                .text()
                .filter(|_| document.has(PROCESSED_TIME));
            why.map(|why| failure::failed("error", Some(why)))
        })
        .or_else(|| {
            let status = status.count().filter(|status| *status >= 400)?;
            Some(failure::failed(&format!("status {status}"), None))
        })
}

/// What an Anthropic batch has for a request.
fn is_result(result: &Node<'_>) -> bool {
    let kinds = ["succeeded", "errored", "canceled", "expired"];
    result[TYPE]
        .text()
        .is_some_and(|kind| kinds.contains(&kind))
}

/// The event inside one that comes in an envelope, and in nothing else.
pub(super) fn event(event: Event<'_>) -> Option<Event<'_>> {
    let streamed = ENVELOPES.iter().filter(|envelope| envelope.is_streamed);
    let mut answers = streamed.filter_map(|envelope| {
        let inside = event.get(envelope.inside)?;
        let mut keys = event.fields().map(Event::key);
        let is_only = keys.all(|key| key == envelope.inside || envelope.beside.contains(&key));
        (inside.is_object() && is_only).then_some(inside)
    });
    answers.next()
}
