//! A call of a tool by the model: the tool that a question suggests, and its arguments.
//!
//! The rule is simple and deterministic. In each sentence, a word of a tool's name begins a call of that tool, and the
//! words up to the next call are its subject. A sentence without such a word calls the tool whose description shares
//! the most terms with it, if any, and the whole sentence is the subject.

use serde_json::Value;

use super::arguments;
use super::tool::Function;
use crate::summary::terms;

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Value,
}

impl Call {
    /// Calls `tool` about `text`.
    pub(super) fn about(tool: &Function, text: &str) -> Self {
        Self {
            name: tool.name.clone(),
            arguments: arguments::fill(&tool.parameters, text),
        }
    }
}

/// The calls that `question` suggests, in its order.
pub(super) fn suggested(question: &str, tools: &[&Function]) -> Vec<Call> {
    sentences(question)
        .flat_map(|sentence| in_sentence(sentence, tools))
        .collect()
}

fn in_sentence(sentence: &str, tools: &[&Function]) -> Vec<Call> {
    let named = named(sentence, tools);
    if named.is_empty() {
        let described = described(sentence, tools);
        return described
            .map(|tool| Call::about(tool, sentence))
            .into_iter()
            .collect();
    }
    let ends = named.iter().skip(1).map(|next| next.start);
    let ends = ends.chain([sentence.len()]);
    let calls = named.iter().zip(ends);
    calls
        .map(|(named, end)| Call::about(named.tool, &sentence[named.end..end]))
        .collect()
}

/// A place in a sentence that names a tool.
struct Named<'a> {
    tool: &'a Function,
    start: usize,
    end: usize,
    words: Vec<&'a str>,
}

/// The tools that `sentence` names, in order. Several words of one name, with nothing of their own
/// between them, are one: "keep a note" names `keep_note` once.
fn named<'a>(sentence: &'a str, tools: &[&'a Function]) -> Vec<Named<'a>> {
    let mut all: Vec<Named<'_>> = Vec::new();
    for word in terms::words(sentence) {
        let Some(tool) = tools.iter().find(|tool| is_in_name(word, &tool.name)) else {
            continue;
        };
        let start = word.as_ptr() as usize - sentence.as_ptr() as usize;
        let end = start + word.len();
        match all.last_mut() {
            Some(last)
                if last.tool.name == tool.name
                    && !last.words.contains(&word)
                    && terms::terms(&sentence[last.end..start]).next().is_none() =>
            {
                last.end = end;
                last.words.push(word);
            }
            _ => all.push(Named {
                tool,
                start,
                end,
                words: vec![word],
            }),
        }
    }
    all
}

/// Whether `word` is one of those that make up a tool's name.
fn is_in_name(word: &str, name: &str) -> bool {
    let Some(term) = terms::terms(word).next() else {
        return false;
    };
    let mut parts = name.split(['_', '-']);
    parts.any(|part| terms::terms(part).any(|part| part == term))
}

/// The tool whose description shares most terms with `sentence`; the first of equals.
fn described<'a>(sentence: &str, tools: &[&'a Function]) -> Option<&'a Function> {
    let terms: Vec<String> = terms::terms(sentence).collect();
    let shared = |tool: &Function| {
        let description: Vec<String> = terms::terms(&tool.description).collect();
        terms
            .iter()
            .filter(|term| description.contains(term))
            .count()
    };
    let best = tools.iter().rev().max_by_key(|tool| shared(tool))?;
    (shared(best) > 0).then_some(best)
}

/// The sentences of `text`: ended by a mark with a space or nothing behind it, or by a line's end.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_end = |(at, c): &(usize, char)| {
            let behind = rest[at + c.len_utf8()..].chars().next();
            *c == '\n' || (matches!(c, '.' | '?' | '!') && behind.is_none_or(char::is_whitespace))
        };
        let end = rest.char_indices().find(is_end);
        let end = end.map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, next) = rest.split_at(end);
        rest = next;
        Some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, description: &str, parameters: Value) -> Function {
        Function {
            name: name.to_owned(),
            description: description.to_owned(),
            parameters,
        }
    }

    fn text(name: &str) -> Value {
        json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]})
    }

    fn calls(question: &str) -> Vec<(String, Value)> {
        let calculate = tool(
            "calculate",
            "The value of an expression.",
            text("expression"),
        );
        let note = tool("keep_note", "Remembers a text.", text("text"));
        let clock = tool("clock", "Tells the time and the date.", Value::Null);
        suggested(question, &[&calculate, &note, &clock])
            .into_iter()
            .map(|call| (call.name, call.arguments))
            .collect()
    }

    #[test]
    fn a_word_of_its_name_calls_a_tool_about_what_follows() {
        assert_eq!(
            calls(
                "Please calculate (17 + 4) * 2.5, and keep a note that bread and butter are out."
            ),
            [
                (
                    "calculate".to_owned(),
                    json!({"expression": "(17 + 4) * 2.5"})
                ),
                (
                    "keep_note".to_owned(),
                    json!({"text": "bread and butter are out"})
                ),
            ]
        );
    }

    #[test]
    fn a_tool_is_called_as_often_as_its_name_occurs() {
        let names = |question| calls(question).into_iter().map(|(name, _)| name);
        let twice: Vec<_> = names("Calculate 1 + 1. Calculate 2 + 2!").collect();
        assert_eq!(twice, ["calculate", "calculate"]);
    }

    #[test]
    fn a_description_that_fits_calls_a_tool_when_no_name_occurs() {
        assert_eq!(calls("What time is it?"), [("clock".to_owned(), json!({}))]);
        assert_eq!(
            calls("Which value has 3 * 4?"),
            [(
                "calculate".to_owned(),
                json!({"expression": "Which value has 3 * 4"})
            )]
        );
    }

    #[test]
    fn a_question_that_suggests_no_tool_calls_none() {
        assert_eq!(calls("Who wrote it?"), []);
        assert_eq!(calls(""), []);
    }
}
