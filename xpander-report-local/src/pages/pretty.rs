//! JSON laid out for reading. It works on the text, so that the order of keys and the digits of numbers
//! stay as they came.

/// Deeper levels are not indented further: a hostile depth would be mostly space.
const DEEPEST: usize = 32;

#[derive(Debug)]
pub(super) struct Pretty {
    pub(super) text: String,
    /// Whether it is all of the JSON.
    pub(super) complete: bool,
}

/// Lays out a valid JSON text, and stops soon after `limit` bytes.
pub(super) fn pretty(json: &str, limit: usize) -> Pretty {
    let mut text = String::with_capacity(json.len().min(limit));
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if text.len() > limit {
            return Pretty {
                text,
                complete: false,
            };
        }
        if in_string {
            text.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                text.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(close);
                } else {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(character);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                text.push(character);
                in_string = character == '"';
            }
        }
    }
    Pretty {
        text,
        complete: true,
    }
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth.min(DEEPEST) {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_digits_stay() {
        let json =
            r#"{"b":1180591620717411303424, "a": [1.10,{},[ ]],"s":"a, \"b\": {c}\\","t":true}"#;
        let laid_out = r#"{
  "b": 1180591620717411303424,
  "a": [
    1.10,
    {},
    []
  ],
  "s": "a, \"b\": {c}\\",
  "t": true
}"#;
        assert_eq!(pretty(json, 10_000).text, laid_out);
    }

    #[test]
    fn depth_and_length_have_a_limit() {
        let json = "[".repeat(1_000_000);
        let start = pretty(&json, 5_000);
        assert!(!start.complete);
        assert!(start.text.len() < 5_100);
    }
}
