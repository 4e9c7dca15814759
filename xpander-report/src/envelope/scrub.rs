//! Secrets are taken out of a report: by the names of fields, and by their form.

use serde_json::value::RawValue;

use super::edits::Edits;
use super::json_text::{
    MAX_NESTED, Token, Tokens, escaped, leading_json, nested, objects, unescaped,
};
use super::place::Place;
use super::response::Declared;
use super::secret_forms::{REDACTED, bearer_token, secrets};
use super::secret_names::{self, Suspicion};
use super::value::Captured;
use crate::envelope::{Envelope, InputNames};

/// So many brackets and texts tell whether an object is a schema.
const MAX_LOOKAHEAD: usize = 48;

/// What is scrubbed, and of which names.
#[derive(Debug, Clone)]
pub(super) struct Scrub {
    pub(super) is_on: bool,
    pub(super) responses: bool,
    /// In lower case, without separators.
    names: Vec<String>,
}

impl Default for Scrub {
    fn default() -> Self {
        Self {
            is_on: true,
            responses: false,
            names: Vec::new(),
        }
    }
}

impl Scrub {
    pub(super) fn add_name(&mut self, name: &str) {
        let letters = name.chars().filter(|it| !secret_names::is_separator(*it));
        let name = letters.collect::<String>().to_ascii_lowercase();
        if !name.is_empty() {
            self.names.push(name);
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes the secrets out of what a run collected.
    pub(super) fn apply(&self, envelope: &mut Envelope) {
        if !self.is_on {
            return;
        }
        if let Some(input) = envelope.input.get_mut() {
            self.scrub(input, envelope.input_names);
        }
        if let Some(result) = envelope.result.get_mut() {
            self.scrub(result, InputNames::Fields);
        }
        if self.responses {
            for response in &mut envelope.responses {
                if let Declared::Given(raw) = response {
                    self.scrub_response(raw);
                }
            }
        }
    }

    fn scrub(&self, value: &mut Captured, names: InputNames) {
        let start = match value {
            Captured::Json(_) => Some(0),
            Captured::Text(text) => leading_json(text),
            Captured::Cut(_) => leading_json(value.text_mut()),
        };
        if let (None, InputNames::Value(name)) = (start, names) {
            let suspicion = self.suspicion(name);
            if suspicion.is_some_and(|it| it.covers(value.text_mut())) {
                *value = Captured::Text(REDACTED.to_owned());
                return;
            }
        }
        let text = value.text_mut();
        self.named(text, start, names, 0).apply(text);
        secrets(text).apply(text);
    }

    /// The texts that are secrets by the names of their fields, in JSON that begins at `start` or stands in prose.
    fn named(&self, text: &str, start: Option<usize>, names: InputNames, depth: u8) -> Edits {
        let mut edits = Edits::default();
        if let Some(start) = start {
            self.fields(text, start, names, depth, &mut edits);
            return edits;
        }
        for object in objects(text) {
            let until_end = text.get(..object.end).unwrap_or_default();
            self.fields(
                until_end,
                object.start,
                InputNames::Fields,
                depth,
                &mut edits,
            );
        }
        edits
    }

    fn scrub_response(&self, raw: &mut Box<RawValue>) {
        let mut json = raw.get().to_owned();
        let named = self.named(&json, Some(0), InputNames::Fields, 0);
        let is_changed = named.apply(&mut json) | secrets(&json).apply(&mut json);
        if is_changed && let Ok(scrubbed) = RawValue::from_string(json) {
            *raw = scrubbed;
        }
    }

    fn suspicion(&self, name: &str) -> Option<Suspicion> {
        let is_added = |name| {
            let mut names = self.names.iter();
            names.any(|word| secret_names::ends_with(name, word))
        };
        Suspicion::of(name).or_else(|| is_added(name).then_some(Suspicion::Certain))
    }

    /// The same in JSON that begins at `start`.
    fn fields(&self, json: &str, start: usize, names: InputNames, depth: u8, edits: &mut Edits) {
        let mut tokens = Tokens::of(json, start);
        let mut place = Place::new(match names {
            InputNames::Value(name) => self.suspicion(name),
            InputNames::Fields | InputNames::Listed => None,
        });
        while let Some(token) = tokens.next() {
            match token {
                Token::Open { is_list } => {
                    let is_schema = || is_schema(json, tokens.clone());
                    place.open(is_list, is_schema);
                }
                Token::Close => place.close(),
                Token::Name(_) if names == InputNames::Listed && place.is_outermost() => {
                    place.listed_field();
                }
                Token::Name(name) => {
                    let name = json.get(name).unwrap_or_default();
                    place.field(name, self.suspicion_of_escaped(name));
                }
                Token::Text(text) => {
                    let value = json.get(text.clone()).unwrap_or_default();
                    let is_last = || tokens.clone().next() == Some(Token::Close);
                    let suspicion = place.text(is_last);
                    if suspicion.is_some_and(|it| it.covers(value)) {
                        edits.replace(text, REDACTED);
                    } else if let Some(token) = bearer_token(value) {
                        edits.replace(text.start + token.start..text.start + token.end, REDACTED);
                    } else if let Some(scrubbed) = self.nested(value, depth) {
                        edits.replace(text, scrubbed);
                    } else if place.may_be_name() {
                        place.name_of_value(self.suspicion_of_escaped(value));
                    }
                }
            }
        }
    }

    fn suspicion_of_escaped(&self, name: &str) -> Option<Suspicion> {
        match name.contains('\\') {
            true => self.suspicion(&unescaped(name)?),
            false => self.suspicion(name),
        }
    }

    /// A text of JSON that has JSON inside, scrubbed; `None` if there is nothing to scrub.
    fn nested(&self, text: &str, depth: u8) -> Option<String> {
        if depth == MAX_NESTED {
            return None;
        }
        let mut json = nested(text)?;
        let start = leading_json(&json);
        let fields = self.named(&json, start, InputNames::Fields, depth + 1);
        fields.apply(&mut json).then(|| escaped(&json))?
    }
}

impl Suspicion {
    /// Whether such a name makes a secret of this text.
    fn covers(self, text: &str) -> bool {
        match self {
            Self::Certain => !is_placeholder(text),
            Self::Possible => is_generated(text),
        }
    }
}

/// What stands where a secret would: nothing, asterisks, a type, a variable, or what a type that hides itself shows.
fn is_placeholder(text: &str) -> bool {
    const TYPES: [&str; 4] = ["string", "str", "null", "none"];
    let is_hidden = || {
        let lower = text.to_ascii_lowercase();
        text.len() <= 64 && text.ends_with([']', '>', ')']) && lower.contains("redacted")
    };
    let is_inside = |start, end| {
        let inside = text.strip_prefix(start).and_then(|it| it.strip_suffix(end));
        let is_part =
            |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b' ' | b'-');
        inside.is_some_and(|name| name.bytes().all(is_part))
    };
    let is_empty =
        |it: char| it.is_ascii() && !it.is_ascii_alphanumeric() || it == '•' || it == '…';
    text.chars().all(is_empty)
        || TYPES.iter().any(|it| text.eq_ignore_ascii_case(it))
        || is_inside("${", "}")
        || is_inside("{{", "}}")
        || is_hidden()
}

/// Whether a machine made it, and it is neither a piece of text nor a number, such as `-9.46465932037927e-309`.
fn is_generated(text: &str) -> bool {
    const MIN: usize = 16;
    let is_part = |it: u8| it.is_ascii_alphanumeric() || b"_-.~+/=:|".contains(&it);
    text.len() >= MIN
        && text.bytes().all(is_part)
        && text.bytes().any(|it| it.is_ascii_digit())
        && text.bytes().any(|it| it.is_ascii_alphabetic())
        && text.parse::<f64>().is_err()
}

/// Whether the object that begins here describes a value, as the schema of a tool's argument does: it has only fields of
/// JSON Schema and OpenAPI, and one that more than a schema rarely has.
fn is_schema(json: &str, tokens: Tokens<'_>) -> bool {
    let (mut level, mut is_type, mut describes) = (0, false, false);
    for token in tokens.take(MAX_LOOKAHEAD) {
        match token {
            Token::Open { .. } => level += 1,
            Token::Close if level == 0 => break,
            Token::Close => level -= 1,
            Token::Name(name) if level == 0 => {
                let name = json.get(name).unwrap_or_default();
                is_type = name == "type";
                describes |= DESCRIBES.contains(&name);
                if !is_type && !DESCRIBES.contains(&name) && !ACCOMPANIES.contains(&name) {
                    return false;
                }
            }
            Token::Text(text) if is_type => {
                let text = json.get(text).unwrap_or_default();
                let is_known = TYPES.iter().any(|it| text.eq_ignore_ascii_case(it));
                if level == 0 && !is_known {
                    return false;
                }
                describes |= is_known;
            }
            Token::Name(_) | Token::Text(_) => {}
        }
    }
    describes
}

/// The types of JSON Schema.
const TYPES: &[&str] = &[
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// The fields that a schema has and a secret does not.
const DESCRIBES: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "description",
    "enum",
    "maxLength",
    "minLength",
    "oneOf",
    "pattern",
    "title",
];

/// The fields that a schema has beside those.
const ACCOMPANIES: &[&str] = &[
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "definitions",
    "deprecated",
    "discriminator",
    "else",
    "example",
    "examples",
    "externalDocs",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxItems",
    "maxProperties",
    "maximum",
    "minItems",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "strict",
    "then",
    "uniqueItems",
    "writeOnly",
    "xml",
];
