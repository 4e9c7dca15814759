use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::key::Key;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;

keys! {
    BASE_RESP CHOICES CODE DATA DETAIL DETAILS ERROR ERRORS ERROR_CODE ERROR_MESSAGE ERROR_MSG
    ERROR_TYPE ESTIMATED_TIME ID LOCATION LOG_ID MESSAGE MESSAGES MSG OBJECT OUTPUT PARAM REQUEST_ID
    RESULT RESULT_INFO SID STATUS STATUS_CODE SUCCESS TITLE TRACE TRACE_ID TYPE USAGE __TYPE
}

/// What stands beside an error that is no more than a text. Such texts are in many other answers as well.
const BESIDE: &[Key] = &[CODE, ERROR, ERROR_TYPE, ESTIMATED_TIME];

/// All that an error has whose message stands in no `error`.
const BARE_KEYS: &[Key] = &[
    CODE,
    DETAIL,
    DATA,
    DETAILS,
    ERROR_CODE,
    ERROR_MESSAGE,
    ERROR_MSG,
    ERRORS,
    ID,
    LOCATION,
    LOG_ID,
    MESSAGE,
    MSG,
    OUTPUT,
    PARAM,
    REQUEST_ID,
    RESULT,
    SID,
    STATUS,
    STATUS_CODE,
    SUCCESS,
    TITLE,
    TRACE,
    TRACE_ID,
    TYPE,
    __TYPE,
    USAGE,
];

/// What Cloudflare gives in place of an answer.
const WITHOUT_RESULT: &[Key] = &[ERRORS, MESSAGES, RESULT, RESULT_INFO, SUCCESS];

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Error,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let document = one(document);
        is_error(document) && why(document).is_some()
    },
    read,
};

/// An error without `error`: so general that it counts only for a whole response.
pub(in crate::provider) const BARE: Format = Format {
    shape: Shape::Error,
    keys: KEYS,
    only_declared: true,
    matches: |document| {
        let document = one(document);
        is_bare(document) && why(document).is_some()
    },
    read,
};

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let document = one(document);
    let mut reading = Reading::of(document);
    reading.failure = why(document);
    reading
}

/// A text may have its code beside it.
fn why(document: &Node<'_>) -> Option<String> {
    match document[ERROR].is_text() {
        true => failure::error(document),
        false => failure::said(document).or_else(|| failure::error(document)),
    }
}

fn is_error(document: &Node<'_>) -> bool {
    let error = &document[ERROR];
    let has_message = |error: &Node<'_>| failure::message(error).is_some();
    let is_text = error.text().or_else(|| error[0].text()).is_some();
    let is_named = document[TYPE].is("error") || document[OBJECT].is("error");
    error.is_object() && has_message(error)
        || is_text && document.has_only(BESIDE)
        || is_named && (error.is_object() || !document[MESSAGE].is_null())
        || document[BASE_RESP].is_object() && failure::said(document).is_some()
        || document[SUCCESS] == Node::Bool(false)
            && document.has_only(WITHOUT_RESULT)
            && failure::said(document).is_some()
}

/// Whether it has a message, and nothing that would say that all is well.
fn is_bare(document: &Node<'_>) -> bool {
    let texts = [MESSAGE, MSG, ERROR_MSG, ERROR_MESSAGE];
    let has_message = texts.into_iter().any(|key| document[key].text().is_some());
    let has_detail = !document[DETAIL].is_null() && failure::message(document).is_some();
    let has_errors = document[ERRORS].is_list()
        && (document[SUCCESS].is_bool() || document[STATUS_CODE].is_number());
    document.has_only(BARE_KEYS)
        && (has_message || has_detail || has_errors)
        && [CHOICES, DATA, OUTPUT, RESULT, USAGE]
            .into_iter()
            .all(|key| document[key].is_null())
        && document[SUCCESS] != Node::Bool(true)
        && [CODE, ERROR_CODE, STATUS_CODE]
            .into_iter()
            .all(|key| !is_success(&document[key]))
        && (document[STATUS].is_null() || is_failure(&document[STATUS]))
        && [TYPE, __TYPE]
            .into_iter()
            .all(|key| document[key].is_null() || is_failure(&document[key]))
}

fn is_success(code: &Node<'_>) -> bool {
    let is_word = code.text().is_some_and(|code| {
        ["ok", "success"]
            .iter()
            .any(|word| code.eq_ignore_ascii_case(word))
    });
    is_word || matches!(code.count(), Some(0 | 200..=399))
}

/// Whether a status or a type is one of failures.
fn is_failure(word: &Node<'_>) -> bool {
    let word_of = |word: &str| {
        let word = word.to_ascii_lowercase();
        ["error", "exception", "fail", "invalid"]
            .iter()
            .any(|part| word.contains(part))
    };
    word.text().is_some_and(word_of) || word.count().is_some_and(|status| status >= 400)
}

/// Google gives a list of one where it would have streamed.
fn one<'n, 'a>(document: &'n Node<'a>) -> &'n Node<'a> {
    match document.items() {
        [one] => one,
        _ => document,
    }
}
