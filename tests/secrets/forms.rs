use serde_json::json;

use crate::{REDACTED, input, random, random_of};

const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The secret is removed at every position, and nothing else is.
#[track_caller]
fn is_scrubbed(secret: &str) {
    for (before, after) in [
        ("", ""),
        ("my key is ", ", keep it"),
        ("KEY=", "\nnext"),
        ("(", ")."),
        ("\"", "\""),
        ("line one\n", "\nline three"),
        ("é", "é"),
    ] {
        let text = format!("{before}{secret}{after}");
        assert_eq!(
            input(&text),
            format!("{before}{REDACTED}{after}"),
            "{text:?}"
        );
        let prompt = json!({"role": "user", "n": 1.0, "content": text});
        let expected =
            json!({"role": "user", "n": 1.0, "content": format!("{before}{REDACTED}{after}")});
        assert_eq!(input(&prompt.to_string()), expected.to_string());
        let nested = json!({"arguments": prompt.to_string()});
        let scrubbed = input(&nested.to_string());
        assert!(
            scrubbed.contains(REDACTED)
                && !scrubbed.contains(secret.lines().last().unwrap_or(secret)),
            "{scrubbed}"
        );
    }
}

#[test]
fn keys_of_providers() {
    for (prefix, length) in [
        ("sk-", 48),
        ("sk-", 32),
        ("sk-proj-", 60),
        ("sk-svcacct-", 60),
        ("sk-ant-api03-", 90),
        ("sk-or-v1-", 64),
        ("gsk_", 52),
        ("csk-", 48),
        ("xai-", 80),
        ("hf_", 34),
        ("r8_", 37),
        ("pplx-", 48),
        ("nvapi-", 64),
        ("fw_", 24),
        ("tvly-", 32),
        ("AIza", 35),
        ("ABSK", 128),
        ("ghp_", 36),
        ("github_pat_", 82),
        ("glpat-", 20),
        ("xoxb-", 50),
        ("sk_live_", 24),
        ("npm_", 36),
        ("lsv2_pt_", 40),
        ("pcsk_", 70),
        ("vck_", 40),
        ("e2b_", 40),
        ("pa-", 43),
        ("sk_", 48),
    ] {
        is_scrubbed(&format!("{prefix}{}", random(length)));
    }
    is_scrubbed(&format!("sk-{}", random_of(HEX, 32)));
    is_scrubbed(&format!("fc-{}", random_of(HEX, 32)));
    is_scrubbed(&format!("sk-prod-key-{}", random_of(HEX, 32)));
    is_scrubbed(&format!("sk-{}_{}-{}", random(9), random(3), random(8)));
    is_scrubbed(&format!(
        "sk-proj-{}-{}_{}",
        random(20),
        random(9),
        random(30)
    ));
    is_scrubbed(&format!(
        "AKIA{}",
        random_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    ));
}

#[test]
fn json_web_tokens() {
    is_scrubbed(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsIm5hbWUiOiJBZGEifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    );
    is_scrubbed(&format!(
        "eyJ{}.{}.{}.{}.{}",
        random(40),
        random(60),
        random(16),
        random(200),
        random(22)
    ));
}

#[test]
fn private_keys() {
    let body = random_of(BASE64, 640);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        is_scrubbed(&format!(
            "-----BEGIN {kind}PRIVATE KEY-----\n{}\n-----END {kind}PRIVATE KEY-----",
            lines.join("\n")
        ));
        is_scrubbed(&format!(
            "-----BEGIN {kind}PRIVATE KEY-----\r\n{}\r\n-----END {kind}PRIVATE KEY-----",
            lines.join("\r\n")
        ));
    }
    is_scrubbed(&format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{}\n\n{}\n-----END RSA PRIVATE KEY-----",
        random_of("0123456789ABCDEF", 32),
        lines.join("\n")
    ));
}

#[test]
fn private_keys_as_other_texts_show_them() {
    let body = random_of(BASE64, 256);
    let lines: Vec<&str> = (0..4)
        .map(|line| &body[64 * line..64 * (line + 1)])
        .collect();
    let key = |start: &str, between: &str| {
        format!(
            "-----BEGIN PGP PRIVATE KEY BLOCK-----{start}{}{between}-----END PGP PRIVATE KEY BLOCK-----",
            lines.join(between)
        )
    };
    let headers =
        "\nVersion: GnuPG v2.0.22 (GNU/Linux)\nComment: https://example.org <ada@example.org>\n\n";
    for (start, between) in [
        (headers, "\n"),
        ("\n> ", "\n> "),
        ("\\n\" +\n  \"", "\\n\" +\n  \""),
    ] {
        let text = format!("it is {}, keep it", key(start, between));
        assert_eq!(input(&text), format!("it is {REDACTED}, keep it"), "{text}");
    }
    let list: Vec<String> = key("\n", "\n").lines().map(str::to_owned).collect();
    assert_eq!(
        input(&json!({"a": list, "b": "ok"}).to_string()),
        json!({"a": [REDACTED], "b": "ok"}).to_string()
    );
}

#[test]
fn a_private_key_of_which_the_end_is_missing() {
    let text = format!(
        "key:\n-----BEGIN PRIVATE KEY-----\n{}",
        random_of(BASE64, 300)
    );
    assert_eq!(input(&text), format!("key:\n{REDACTED}"));
}

#[test]
fn keys_behind_escapes_and_colours() {
    let key = format!("sk-proj-{}", random(40));
    for before in ["Bearer%20", "key%3D", "\u{1b}[32m", "\u{1b}[1;31m"] {
        assert_eq!(
            input(&format!("{before}{key}")),
            format!("{before}{REDACTED}")
        );
        assert_eq!(
            input(&json!({"text": format!("{before}{key}")}).to_string()),
            json!({"text": format!("{before}{REDACTED}")}).to_string()
        );
    }
}

#[test]
fn what_follows_bearer() {
    for token in [
        random(24),
        random_of(HEX, 16),
        format!(
            "{}.{}~{}/{}==",
            random(10),
            random(10),
            random(9),
            random(9)
        ),
    ] {
        let field = |token: &str| json!({"auth": format!("bearer {token}")}).to_string();
        assert_eq!(input(&field(&token)), field(REDACTED));
        for scheme in ["Bearer", "BEARER"] {
            assert_eq!(
                input(&format!("curl -H 'Authorization: {scheme} {token}' x")),
                format!("curl -H 'Authorization: {scheme} {REDACTED}' x")
            );
            assert_eq!(
                input(&format!("{scheme} {token}.")),
                format!("{scheme} {REDACTED}.")
            );
        }
    }
}

#[test]
fn what_follows_authorization_as_headers_and_debug_show_it() {
    for (before, after) in [
        ("> authorization: Basic ", "\r\nHost: x"),
        (
            r#"headers [("authorization", "bearer "#,
            r#""), ("host", "x")]"#,
        ),
        (
            r#"Request { headers: {Authorization: "token "#,
            r#""} } failed"#,
        ),
        ("requests.get(url, headers={'Authorization': 'Basic ", "'})"),
    ] {
        assert_eq!(
            input(&format!("{before}YWRhOmh1bnRlcjI{after}")),
            format!("{before}{REDACTED}{after}")
        );
    }
}

#[test]
fn an_escape_does_not_end_a_secret() {
    let (one, two) = (random(30), random(30));
    assert_eq!(
        input(&format!(
            r#"{{"c":"Bearer {one}\u002B{two}\/{one}","d":1}}"#
        )),
        r#"{"c":"Bearer [redacted]","d":1}"#
    );
    assert_eq!(
        input(&format!(r#"{{"c":"\u0020sk-proj-{one}\u002d{two}\n"}}"#)),
        r#"{"c":"\u0020[redacted]\n"}"#
    );
}

#[test]
fn several_in_one_text() {
    let (key, token) = (format!("sk-{}", random(40)), random(40));
    assert_eq!(
        input(&format!("{key} {key}, Bearer {token}")),
        format!("{REDACTED} {REDACTED}, Bearer {REDACTED}")
    );
}
