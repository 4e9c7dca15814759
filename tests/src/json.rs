//! Compares JSON byte for byte, except for the spelling of numbers.

/// The text with every number in its canonical spelling.
pub fn normalised(json: &str) -> String {
    let mut out = String::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => string_end(rest),
            '-' | '0'..='9' => rest
                .find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, tail) = rest.split_at(end);
        match token.parse::<f64>() {
            // Above 2^53, `f64` would make different integers equal.
            Ok(number) if number.abs() < 9e15 => out.push_str(&number.to_string()),
            _ => out.push_str(token),
        }
        rest = tail;
    }
    out
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn only_the_spelling_of_numbers_is_forgiven() {
    assert_eq!(
        normalised(r#"{"a":3.0,"b":1e-07}"#),
        normalised(r#"{"a":3,"b":0.0000001}"#)
    );
    assert_ne!(normalised(r#"{"a":3.0}"#), normalised(r#"{"a":3.1}"#));
    assert_ne!(normalised(r#"{"a":"3.0"}"#), normalised(r#"{"a":"3"}"#));
    assert_ne!(
        normalised(r#"{"a":1,"b":2}"#),
        normalised(r#"{"b":2,"a":1}"#)
    );
    assert_ne!(
        normalised("1180591620717411303424"),
        normalised("1180591620717411303425")
    );
}
