//! The arguments of a call: a JSON schema's properties, found in a text.

use serde_json::{Map, Number, Value};

use crate::summary::terms;

/// Words between two calls that belong to neither.
const LINKS: [&str; 4] = ["also", "and", "or", "then"];

/// Words between a call and its subject.
const INTRODUCTIONS: [&str; 5] = ["down", "of", "that", "the", "to"];

/// The values in `text` for the properties of an object's `schema`, required ones first.
///
/// A number is the text's next number, an `enum` the next of its values that occurs, a boolean whether its name occurs,
/// and the first other text is all of it. A property without a value is left out.
pub(super) fn fill(schema: &Value, text: &str) -> Value {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Value::Object(Map::new());
    };
    let mut found = Found {
        text: Some(trimmed(text)).filter(|text| !text.is_empty()),
        words: terms::words(text).collect(),
        numbers: numbers(text),
    };
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let mut names: Vec<&str> = required
        .filter(|name| properties.contains_key(*name))
        .collect();
    names.extend(properties.keys().map(String::as_str));
    let mut arguments = Map::new();
    for name in names {
        if !arguments.contains_key(name)
            && let Some(value) = found.take(name, &properties[name])
        {
            arguments.insert(name.to_owned(), value);
        }
    }
    Value::Object(arguments)
}

/// The unused rest of a text.
struct Found<'a> {
    text: Option<&'a str>,
    words: Vec<&'a str>,
    numbers: Vec<Number>,
}

impl Found<'_> {
    fn take(&mut self, name: &str, schema: &Value) -> Option<Value> {
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.take_one_of(values);
        }
        match kind(schema)? {
            "number" => self.take_number(|_| true),
            "integer" => self.take_number(|number| !number.is_f64()),
            "boolean" => Some(Value::Bool(
                self.words.iter().any(|word| is_same(word, name)),
            )),
            "string" => self.text.take().map(Value::from),
            _ => None,
        }
    }

    fn take_number(&mut self, is_right: impl Fn(&Number) -> bool) -> Option<Value> {
        let index = self.numbers.iter().position(is_right)?;
        Some(Value::Number(self.numbers.remove(index)))
    }

    /// Takes the first word that is one of `values`.
    fn take_one_of(&mut self, values: &[Value]) -> Option<Value> {
        let value_of = |word: &str| {
            let mut values = values.iter();
            values.find(|value| value.as_str().is_some_and(|value| is_same(word, value)))
        };
        let index = self
            .words
            .iter()
            .position(|word| value_of(word).is_some())?;
        value_of(self.words.remove(index)).cloned()
    }
}

/// The schema's type, or the first that is not null of several.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

/// Whether two words are the same but for case and an English plural's ending.
fn is_same(a: &str, b: &str) -> bool {
    let term = |word: &str| terms::terms(word).next();
    a.eq_ignore_ascii_case(b) || term(a).is_some_and(|a| term(b) == Some(a))
}

fn numbers(text: &str) -> Vec<Number> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
        .map(|word| word.trim_end_matches(['.', ',', ';', ':', '?', '!']))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
        .filter_map(|word| {
            let integer = word.parse::<i64>().map(Number::from).ok();
            integer.or_else(|| Number::from_f64(word.parse().ok()?))
        })
        .collect()
}

/// The text without introductory words, words that link it to the next call, and the end of the sentence.
fn trimmed(text: &str) -> &str {
    let mut text = text;
    loop {
        let marks = [',', ';', ':', '.', '?', '!'];
        let marked = text.trim().trim_end_matches(marks);
        let linked = LINKS.iter().find_map(|link| {
            let rest = marked.strip_suffix(link)?;
            rest.ends_with(char::is_whitespace).then_some(rest)
        });
        let shorter = linked.unwrap_or(marked);
        if shorter == text {
            break;
        }
        text = shorter;
    }
    while let Some((word, rest)) = text.split_once(char::is_whitespace)
        && INTRODUCTIONS.contains(&word)
    {
        text = rest.trim_start();
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversion() -> Value {
        let unit = json!({"type": "string", "enum": ["kilometres", "miles"]});
        json!({
            "type": "object",
            "properties": {"value": {"type": "number"}, "from": unit, "to": unit},
            "required": ["value", "from", "to"],
        })
    }

    #[test]
    fn numbers_and_values_are_taken_in_the_order_of_the_text() {
        assert_eq!(
            fill(&conversion(), " 26.2 miles to kilometres,"),
            json!({"value": 26.2, "from": "miles", "to": "kilometres"})
        );
        assert_eq!(
            fill(&conversion(), "How many miles are 5 kilometres?"),
            json!({"value": 5, "from": "miles", "to": "kilometres"})
        );
    }

    #[test]
    fn what_is_not_found_is_left_out() {
        assert_eq!(fill(&conversion(), "a mile"), json!({"from": "miles"}));
        assert_eq!(fill(&Value::Null, "26.2 miles"), json!({}));
        assert_eq!(fill(&json!({"type": "object"}), "26.2 miles"), json!({}));
    }

    #[test]
    fn each_type_takes_what_it_can_hold() {
        let schema = json!({"properties": {
            "count": {"type": "integer"},
            "loud": {"type": "boolean"},
            "note": {"type": ["null", "string"]},
            "other": {"type": "string"},
            "parts": {"type": "array"},
        }, "required": ["note"]});
        assert_eq!(
            fill(&schema, " that it is loud at 2.5 or -3 degrees, and "),
            json!({"count": -3, "loud": true, "note": "it is loud at 2.5 or -3 degrees"})
        );
        assert_eq!(fill(&schema, ""), json!({"loud": false}));
    }

    #[test]
    fn a_text_loses_its_introduction_and_its_link_to_the_next() {
        assert_eq!(
            trimmed(" that the bread and butter are out, and then "),
            "bread and butter are out"
        );
        assert_eq!(trimmed("(17 + 4) * 2.5."), "(17 + 4) * 2.5");
        assert_eq!(trimmed(", "), "");
        assert_eq!(trimmed("the"), "the");
    }
}
