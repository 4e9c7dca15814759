//! JSON as a foldable tree. It is read from the text, so that the order of keys and the digits of numbers are
//! preserved.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::text::first_bytes;

/// How many levels fold. Deeper JSON is shown as text.
const MAX_DEPTH: usize = 48;

/// How many lines and bytes a tree shows.
const MAX_LINES: usize = 1_500;
const MAX_BYTES: usize = 60_000;

/// How many bytes of one value a tree shows.
const MAX_VALUE_BYTES: usize = 8_000;

/// How many lines fit on a screen.
const SCREEN_LINES: usize = 15;

/// A tree with at most this many lines is unfolded. Of a larger tree, the first levels are.
const MAX_UNFOLDED_LINES: usize = 60;
const DEFAULT_UNFOLDED_LEVELS: usize = 2;

/// A JSON object or list.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) steps: Vec<Step>,
    /// Whether the tree has all of the JSON.
    pub(super) complete: bool,
    /// Whether it does not fit on a screen.
    pub(super) long: bool,
}

/// A step of the depth-first walk through the tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a list or an object.
    Open {
        key: Option<String>,
        /// How many children it has, in words.
        summary: String,
        unfolded: bool,
    },
    /// A value that is neither a list nor an object.
    Value {
        key: Option<String>,
        kind: ValueKind,
        text: String,
    },
    /// Out of a list or an object.
    Close,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    Number,
    Word,
    /// JSON that is too deep for the tree, or too long.
    Raw,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Word => "word",
            Self::Raw => "raw",
        })
    }
}

impl Tree {
    /// `None` when the text is neither a JSON object nor a list.
    pub(super) fn of(text: &str) -> Option<Self> {
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let json: &RawValue = serde_json::from_str(text).ok()?;
        let mut builder = TreeBuilder {
            steps: Vec::new(),
            lines: 0,
            bytes: 0,
            complete: true,
        };
        builder.add(None, json, 0);
        let few = builder.lines <= MAX_UNFOLDED_LINES;
        let mut depth = 0;
        for step in &mut builder.steps {
            match step {
                Step::Open { unfolded, .. } => {
                    *unfolded = few || depth < DEFAULT_UNFOLDED_LEVELS;
                    depth += 1;
                }
                Step::Close => depth -= 1,
                Step::Value { .. } => {}
            }
        }
        Some(Self {
            steps: builder.steps,
            complete: builder.complete,
            long: builder.lines > SCREEN_LINES,
        })
    }
}

struct TreeBuilder {
    steps: Vec<Step>,
    lines: usize,
    bytes: usize,
    complete: bool,
}

impl TreeBuilder {
    fn add(&mut self, key: Option<String>, json: &RawValue, depth: usize) {
        if self.lines >= MAX_LINES || self.bytes >= MAX_BYTES {
            self.complete = false;
            return;
        }
        let text = json.get();
        let children = if depth < MAX_DEPTH {
            Children::of(text)
        } else {
            None
        };
        let Some(children) = children else {
            let (kind, text) = match text.as_bytes().first() {
                Some(b'"') => match serde_json::from_str::<String>(text) {
                    Ok(text) => (ValueKind::Text, text),
                    Err(_) => (ValueKind::Raw, text.to_owned()),
                },
                Some(b'-' | b'0'..=b'9') => (ValueKind::Number, text.to_owned()),
                Some(b't' | b'f' | b'n') => (ValueKind::Word, text.to_owned()),
                _ => (ValueKind::Raw, text.to_owned()),
            };
            let shown = first_bytes(&text, MAX_VALUE_BYTES);
            if shown.len() < text.len() {
                self.complete = false;
            }
            let text = if shown.len() < text.len() {
                format!("{shown}…")
            } else {
                text
            };
            self.count(&key, text.len());
            self.steps.push(Step::Value { key, kind, text });
            return;
        };
        let summary = children.summary();
        self.count(&key, 0);
        self.steps.push(Step::Open {
            key,
            summary,
            unfolded: false,
        });
        match children {
            Children::List(values) => {
                for (index, value) in values.into_iter().enumerate() {
                    if !self.complete {
                        break;
                    }
                    self.add(Some(index.to_string()), value, depth + 1);
                }
            }
            Children::Object(entries) => {
                for (key, value) in entries {
                    if !self.complete {
                        break;
                    }
                    let key = first_bytes(&key, MAX_VALUE_BYTES).to_owned();
                    self.add(Some(key), value, depth + 1);
                }
            }
        }
        self.steps.push(Step::Close);
    }

    fn count(&mut self, key: &Option<String>, bytes: usize) {
        self.lines += 1;
        self.bytes += bytes + key.as_ref().map_or(0, String::len);
    }
}

/// The children of a list or an object, in order.
enum Children<'a> {
    List(Vec<&'a RawValue>),
    Object(Vec<(String, &'a RawValue)>),
}

impl<'a> Children<'a> {
    fn of(text: &'a str) -> Option<Self> {
        match text.as_bytes().first()? {
            b'{' | b'[' => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    fn summary(&self) -> String {
        let (number, one, many) = match self {
            Self::List(values) => (values.len(), "item", "items"),
            Self::Object(entries) => (entries.len(), "key", "keys"),
        };
        let (open, close) = match self {
            Self::List(_) => ('[', ']'),
            Self::Object(_) => ('{', '}'),
        };
        match number {
            0 => format!("{open}{close}"),
            1 => format!("{open} 1 {one} {close}"),
            number => format!("{open} {number} {many} {close}"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Children<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Children<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Children<'de>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Children::List(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Children<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Children::Object(entries))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as indented lines.
    fn outline(tree: &Tree) -> Vec<String> {
        let mut depth = 0;
        let mut lines = Vec::new();
        for step in &tree.steps {
            let key = |key: &Option<String>| {
                key.as_ref()
                    .map_or_else(String::new, |key| format!("{key}: "))
            };
            match step {
                Step::Open {
                    key: name, summary, ..
                } => {
                    lines.push(format!("{}{}{summary}", " ".repeat(depth), key(name)));
                    depth += 1;
                }
                Step::Value {
                    key: name, text, ..
                } => lines.push(format!("{}{}{text}", " ".repeat(depth), key(name))),
                Step::Close => depth -= 1,
            }
        }
        assert_eq!(depth, 0);
        lines
    }

    #[test]
    fn order_and_digits_stay_and_keys_may_repeat() {
        let json =
            r#" {"b":1180591620717411303424, "a": [1.10,{},[ ]],"s":"a, \"b\"\n{c}\\","b":true}"#;
        let tree = Tree::of(json).unwrap();
        assert!(tree.complete);
        assert_eq!(
            outline(&tree),
            [
                "{ 4 keys }",
                " b: 1180591620717411303424",
                " a: [ 3 items ]",
                "  0: 1.10",
                "  1: {}",
                "  2: []",
                " s: a, \"b\"\n{c}\\",
                " b: true",
            ]
        );
    }

    #[test]
    fn what_is_no_json_object_or_list_is_no_tree() {
        for text in [
            "",
            "12",
            "\"x\"",
            "{",
            "[1] and more",
            "{not json}",
            "Dear [name]",
        ] {
            assert!(Tree::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_small_tree_is_unfolded_and_a_large_one_to_the_second_level() {
        let unfolded = |json: &str| -> Vec<bool> {
            let steps = Tree::of(json).unwrap().steps.into_iter();
            steps
                .filter_map(|step| match step {
                    Step::Open { unfolded, .. } => Some(unfolded),
                    _ => None,
                })
                .collect()
        };
        assert_eq!(unfolded("[[[[0]]]]"), [true; 4]);
        let long = format!("[[[[{}0]]]]", "0,".repeat(100));
        assert_eq!(unfolded(&long), [true, true, false, false]);
    }

    #[test]
    fn depth_and_length_have_a_limit() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let tree = Tree::of(&deep).unwrap();
        assert!(!tree.complete && tree.steps.len() < 3 * MAX_DEPTH);
        let wide = format!("[{}0]", "0,".repeat(1_000_000));
        let tree = Tree::of(&wide).unwrap();
        assert!(!tree.complete && tree.steps.len() < MAX_LINES + 10);
        let long = format!(r#"{{"a":"{}","b":1}}"#, "ß".repeat(1_000_000));
        let tree = Tree::of(&long).unwrap();
        assert!(!tree.complete);
        assert!(
            matches!(&tree.steps[1], Step::Value { text, .. } if text.len() < MAX_VALUE_BYTES + 10)
        );
    }
}
