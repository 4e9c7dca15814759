//! What an editor needs: while somebody types, the signature and the body stay where it finds them.

use super::*;

fn expanded(keys: &str, item: &str) -> String {
    without_spaces(&expand(keys.parse().unwrap(), item.parse().unwrap()))
}

fn tokens(source: &str) -> String {
    without_spaces(&source.parse().unwrap())
}

fn without_spaces(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

#[test]
fn a_half_typed_body_stays_as_it_is_under_its_signature() {
    for body in [
        "{ a. }",
        "{ let x = }",
        "{ a.trim(). ; if }",
        "{ match a { Some( ) => } }",
        "{ let y: Vec< = a.foo(; ) }",
        "{ self.client.ask(a, ) . await ? . }",
        "{ # }",
        "{ #! }",
    ] {
        for signature in [
            "pub fn ask<T: Into<u8>>(&self, a: &str) -> String where T: Copy",
            "async fn ask(mut a: &str) -> Result<String, Error>",
            "fn ask(a: &'static str) -> Pin<Box<dyn Future<Output = u8> + Send>>",
        ] {
            let expanded = expanded("", &format!("{signature} {body}"));
            assert!(expanded.starts_with(&tokens(signature)), "{expanded}");
            assert!(expanded.contains(&tokens(body)), "{expanded}");
            assert!(!expanded.contains("compile_error"), "{expanded}");
        }
    }
}

#[test]
fn broken_keys_leave_the_function_untouched_beside_the_error() {
    let item = "pub async fn ask(a: &str) -> String { a. }";
    for keys in [
        "i",
        "id",
        "id =",
        "id = ,",
        "id = a.",
        "id = a. , skip()",
        "skip",
        "skip(b)",
        "skip(a.)",
        "skip(a) skip(a)",
        "= 5",
        ",",
        "5",
    ] {
        let expanded = expanded(keys, item);
        let error = expanded.strip_prefix(&tokens(item)).unwrap_or_default();
        assert!(error.contains("compile_error"), "{keys}: {expanded}");
    }
}

#[test]
fn what_is_no_function_is_left_untouched_beside_the_error() {
    for item in [
        "struct Agent { name: String }",
        "impl Agent { fn ask() {} }",
        "unsafe impl Send for Agent {}",
        "fn ask(a: &str) -> String;",
        "const fn ask() {}",
        "const LIMIT: u8 = 1;",
        "fn ask(a: ) {}",
        "fn ask",
    ] {
        let expanded = expanded("", item);
        let error = expanded.strip_prefix(&tokens(item)).unwrap_or_default();
        assert!(error.contains("compile_error"), "{expanded}");
    }
}
