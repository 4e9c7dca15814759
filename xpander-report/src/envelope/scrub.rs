//! Secrets are taken out of a report: by the names of fields, and by their form.

use serde_json::value::RawValue;

use super::edits::Edits;
use super::json_text::{MAX_NESTED, Token, Tokens, escaped, nested, start_of_json, unescaped};
use super::response::Declared;
use super::secret_forms::{REDACTED, secrets};
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
            Captured::Text(text) => start_of_json(text),
            Captured::Cut(_) => start_of_json(value.text_mut()),
        };
        match (start, names) {
            (None, InputNames::Value(name)) => {
                let suspicion = self.suspicion(name);
                if suspicion.is_some_and(|it| it.covers(value.text_mut())) {
                    *value = Captured::Text(REDACTED.to_owned());
                }
            }
            (None, _) => {}
            (Some(start), names) => {
                let text = value.text_mut();
                self.fields(text, start, names, 0).apply(text);
            }
        }
        let text = value.text_mut();
        secrets(text).apply(text);
    }

    fn scrub_response(&self, raw: &mut Box<RawValue>) {
        let mut json = raw.get().to_owned();
        let named = self.fields(&json, 0, InputNames::Fields, 0);
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

    /// The texts that are secrets by the names of the fields that hold them, in JSON that begins at `start`.
    fn fields(&self, json: &str, start: usize, names: InputNames, depth: u8) -> Edits {
        let mut edits = Edits::default();
        let mut named = match names {
            InputNames::Value(name) => self.suspicion(name),
            InputNames::Fields | InputNames::Listed => None,
        };
        let (mut level, mut inside) = (0_usize, None::<(usize, Suspicion)>);
        let mut tokens = Tokens::of(json, start);
        while let Some(token) = tokens.next() {
            match token {
                Token::Open => {
                    level += 1;
                    let named = named.take().filter(|_| inside.is_none());
                    if let Some(suspicion) = named.filter(|_| !is_schema(json, tokens.clone())) {
                        inside = Some((level, suspicion));
                    }
                }
                Token::Close => {
                    inside.take_if(|(opened, _)| *opened == level);
                    level = level.saturating_sub(1);
                    named = None;
                }
                Token::Name(_) if names == InputNames::Listed && level == 1 => named = None,
                Token::Name(name) => {
                    let name = json.get(name).unwrap_or_default();
                    named = match name.contains('\\') {
                        true => unescaped(name).and_then(|name| self.suspicion(&name)),
                        false => self.suspicion(name),
                    };
                }
                Token::Text(text) => {
                    let suspicion = named.take().or(inside.map(|(_, suspicion)| suspicion));
                    let value = json.get(text.clone()).unwrap_or_default();
                    if suspicion.is_some_and(|it| it.covers(value)) {
                        edits.replace(text, REDACTED);
                    } else if let Some(scrubbed) = self.nested(value, depth) {
                        edits.replace(text, scrubbed);
                    }
                }
            }
        }
        edits
    }

    /// A text of JSON that is JSON itself, scrubbed; `None` if there is nothing to scrub.
    fn nested(&self, text: &str, depth: u8) -> Option<String> {
        if depth == MAX_NESTED {
            return None;
        }
        let mut json = nested(text)?;
        let start = start_of_json(&json)?;
        let fields = self.fields(&json, start, InputNames::Fields, depth + 1);
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

/// Whether the object that begins here describes a value, as the schema of a tool's argument does.
fn is_schema(json: &str, tokens: Tokens<'_>) -> bool {
    const WORDS: [&str; 9] = [
        "$ref",
        "allOf",
        "anyOf",
        "const",
        "description",
        "enum",
        "oneOf",
        "properties",
        "title",
    ];
    const TYPES: [&str; 7] = [
        "array", "boolean", "integer", "null", "number", "object", "string",
    ];
    let (mut level, mut is_type) = (0, false);
    for token in tokens.take(MAX_LOOKAHEAD) {
        match token {
            Token::Open => level += 1,
            Token::Close if level == 0 => return false,
            Token::Close => level -= 1,
            Token::Name(name) if level == 0 => {
                let name = json.get(name).unwrap_or_default();
                if WORDS.contains(&name) {
                    return true;
                }
                is_type = name == "type";
            }
            Token::Text(text) if is_type => {
                let text = json.get(text).unwrap_or_default();
                return TYPES.iter().any(|it| text.eq_ignore_ascii_case(it));
            }
            Token::Name(_) | Token::Text(_) => {}
        }
    }
    false
}
