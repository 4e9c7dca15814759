use serde_json::json;
use xpander_report::external_task;
use xpander_report_tests::record;

use crate::{REDACTED, input, random};

/// Scrubbing turns the first into the second.
#[track_caller]
fn becomes(json: &str, scrubbed: &str) {
    assert_eq!(input(json), scrubbed);
}

#[track_caller]
fn stays(json: &str) {
    becomes(json, json);
}

#[test]
fn the_text_of_a_field_with_the_name_of_a_secret_is_redacted() {
    becomes(
        r#"{"user":"ada","password":"hunter2"}"#,
        r#"{"user":"ada","password":"[redacted]"}"#,
    );
    becomes(
        r#"[{"headers":{"Authorization":"Custom abc","Accept":"*/*"}}]"#,
        r#"[{"headers":{"Authorization":"[redacted]","Accept":"*/*"}}]"#,
    );
}

#[test]
fn all_else_stays_byte_for_byte() {
    becomes(
        " { \"n\" : 1.50E+003,\n \"big\":123456789012345678901234567890, \"secret\" : \"a\\\"b\\u00e9\", \"s\":\"\\u00e9\\/\" } ",
        " { \"n\" : 1.50E+003,\n \"big\":123456789012345678901234567890, \"secret\" : \"[redacted]\", \"s\":\"\\u00e9\\/\" } ",
    );
    stays(
        " { \"n\" : 1.50E+003,\n \"big\":123456789012345678901234567890, \"s\":\"\\u00e9\\/\" } ",
    );
}

#[test]
fn numbers_booleans_and_null_stay() {
    stays(r#"{"password":12345678,"secret":true,"api_key":null,"token":1e9,"cookie":[1,false]}"#);
}

#[test]
fn all_texts_in_an_object_or_a_list_of_secrets_are() {
    becomes(
        r#"{"credentials":{"user":"ada","port":5432,"deep":[{"pass":"x1"}]},"next":"ok"}"#,
        r#"{"credentials":{"user":"[redacted]","port":5432,"deep":[{"pass":"[redacted]"}]},"next":"ok"}"#,
    );
    becomes(
        r#"{"set-cookie":["a=1","b=2"],"next":["ok"]}"#,
        r#"{"set-cookie":["[redacted]","[redacted]"],"next":["ok"]}"#,
    );
}

#[test]
fn the_schema_of_a_field_is_no_secret() {
    stays(
        r##"{"name":"login","parameters":{"type":"object","properties":{"password":{"type":"string","minLength":8},"api_key":{"description":"The key of the service","type":["string","null"]},"token":{"$ref":"#/defs/token"},"secret":{"anyOf":[{"type":"string"}]}},"required":["password"]}}"##,
    );
    stays(
        r#"{"properties":{"password":{"minLength":8,"format":"password"},"token":{"enum":["a","b"],"title":"Token"}}}"#,
    );
    becomes(
        r#"{"password":{"type":"string","description":"Of the database","default":"hunter2"}}"#,
        r#"{"password":{"type":"string","description":"Of the database","default":"[redacted]"}}"#,
    );
    stays(r#"{"user":"string","password":"string"}"#);
    becomes(
        r#"{"credentials":{"type":"service_account","client_email":"a@b"}}"#,
        r#"{"credentials":{"type":"[redacted]","client_email":"[redacted]"}}"#,
    );
    becomes(
        r#"{"credentials":{"title":"prod db","username":"ada","value":"hunter2"},"next":"ok"}"#,
        r#"{"credentials":{"title":"[redacted]","username":"[redacted]","value":"[redacted]"},"next":"ok"}"#,
    );
    becomes(
        r#"{"secret":{"description":"the db password","value":"hunter2"}}"#,
        r#"{"secret":{"description":"[redacted]","value":"[redacted]"}}"#,
    );
}

#[test]
fn a_token_is_a_secret_if_a_machine_seems_to_have_made_it() {
    for piece in [
        " Hello",
        "4096",
        "-9.46465932037927e-309",
        "internationalization",
        "                    ",
        "<|reserved_special_token_12|>",
        "</s>",
        "https",
    ] {
        stays(&json!({"token": piece, "logprob": -0.25, "bos_token": piece}).to_string());
    }
    let token = random(32);
    becomes(
        &json!({"token": token}).to_string(),
        r#"{"token":"[redacted]"}"#,
    );
    becomes(
        r#"{"access_token":"abc"}"#,
        r#"{"access_token":"[redacted]"}"#,
    );
}

#[test]
fn a_name_may_be_written_with_escapes() {
    becomes(
        r#"{"p\u0061ssword":"hunter2"}"#,
        r#"{"p\u0061ssword":"[redacted]"}"#,
    );
}

#[test]
fn json_in_a_text_of_json_is_scrubbed() {
    let call = json!({"password": "hunter2", "n": 1.5}).to_string();
    let deeper = json!({"arguments": call}).to_string();
    let outer = json!({"calls": [{"arguments": call}, {"arguments": deeper}]}).to_string();
    let scrubbed = input(&outer);
    assert!(!scrubbed.contains("hunter2"), "{scrubbed}");
    assert_eq!(scrubbed.matches(REDACTED).count(), 2);
    let value: serde_json::Value = serde_json::from_str(&scrubbed).expect("JSON");
    let inner = value["calls"][0]["arguments"].as_str().expect("a text");
    assert_eq!(inner, r#"{"n":1.5,"password":"[redacted]"}"#);
    stays(&json!({"arguments": json!({"city": "\u{e9}t\u{e9}"}).to_string()}).to_string());
}

#[test]
fn lines_of_json_and_the_start_of_json_are_as_well() {
    becomes(
        "{\"password\":\"a1\"}\n{\"password\":\"b2\"}\n",
        "{\"password\":\"[redacted]\"}\n{\"password\":\"[redacted]\"}\n",
    );
    becomes(
        r#"{"a":[{"password":"hunt"#,
        r#"{"a":[{"password":"[redacted]"#,
    );
}

#[test]
fn json_among_other_words_is_as_well() {
    let object = |value: &str| format!(r#"{{ "n": 1, "password": "{value}" }}"#);
    for (before, after) in [
        ("status 401: ", ""),
        ("status 401:", " (request id 7)"),
        ("POST /login HTTP/1.1\r\nHost: x\r\n\r\n", "\n"),
        ("Here it is:\n```json\n", "\n```\nAnything else?"),
        ("bad key in ", ", not in {} or {\"a\": 1}"),
        ("data: ", "\n\ndata: [DONE]\n\n"),
        ("\u{feff}", ""),
        ("// a comment with a \" quote\n", ""),
        ("[1, ", "]"),
        ("[null, [", "]]"),
        ("f({\"a\": g(", ")})"),
    ] {
        let text = |value| format!("{before}{}{after}", object(value));
        becomes(&text("hunter2"), &text(REDACTED));
        let field = |value| json!({"id": 7, "content": text(value)}).to_string();
        becomes(&field("hunter2"), &field(REDACTED));
    }
    // Of what is cut, the end is missing.
    becomes(
        r#"status 401: {"a": [{"password": "hunt"#,
        r#"status 401: {"a": [{"password": "[redacted]"#,
    );
}

#[test]
fn an_error_with_json_is_as_well() {
    #[external_task]
    fn ask() -> Result<(), String> {
        Err(r#"status 401: {"api_key":"hunter2","status":401} (id 7)"#.to_owned())
    }
    assert_eq!(
        record(ask).result.as_deref(),
        Some(r#"status 401: {"api_key":"[redacted]","status":401} (id 7)"#)
    );
}

#[test]
fn quotes_and_braces_of_code_are_no_json() {
    for code in [
        r#"headers = {"Authorization": f"Bearer {key}", "password": ask("Your name?")}"#,
        r#"{"api_key": os.environ["SERVICE_KEY"]}"#,
        r#"Config { "password": String }"#,
    ] {
        stays(&format!("This fails:\n{code}"));
    }
}

#[test]
fn a_list_of_names_and_values_is_as_an_object() {
    becomes(
        r#"[["Accept","*/*"],["Authorization","Basic YWRh"],["x-api-key","hunter2"]]"#,
        r#"[["Accept","*/*"],["Authorization","[redacted]"],["x-api-key","[redacted]"]]"#,
    );
    becomes(
        r#"{"env":[{"name":"PATH","value":"/bin"},{"name":"DB_PASSWORD","value":"hunter2"}]}"#,
        r#"{"env":[{"name":"PATH","value":"/bin"},{"name":"DB_PASSWORD","value":"[redacted]"}]}"#,
    );
    becomes(
        r#"[{"key":"api_key","meta":{"a":[1]},"value":"hunter2","next":"ok"}]"#,
        r#"[{"key":"api_key","meta":{"a":[1]},"value":"[redacted]","next":"ok"}]"#,
    );
    stays(r#"{"required":["password","api_key"],"fields":[["name","password","secret"]]}"#);
    stays(r#"{"name":"max_tokens","value":"some"}"#);
}

#[test]
fn what_stands_where_a_secret_would_stays() {
    for value in [
        "",
        "***",
        "[REDACTED]",
        "<redacted>",
        "SecretBox<str>([REDACTED])",
        "${DB_PASSWORD}",
        "{{ db.password }}",
        "...",
        "[redacted]",
    ] {
        stays(&json!({"password": value}).to_string());
    }
}

#[test]
fn a_struct_that_serialises_is_scrubbed_by_its_fields() {
    #[derive(serde::Serialize)]
    struct Config {
        url: &'static str,
        #[serde(rename = "apiKey")]
        api_key: &'static str,
    }
    #[external_task]
    fn connect(config: Config) -> Config {
        config
    }
    let report = record(|| {
        connect(Config {
            url: "http://db",
            api_key: "hunter2",
        })
    });
    let scrubbed = r#"{"url":"http://db","apiKey":"[redacted]"}"#;
    assert_eq!(report.input.as_deref(), Some(scrubbed));
    assert_eq!(report.result.as_deref(), Some(scrubbed));
}

#[test]
fn a_type_that_hides_itself_keeps_doing_so() {
    struct Hidden;
    impl std::fmt::Debug for Hidden {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Hidden([REDACTED])")
        }
    }
    #[external_task]
    fn ask(key: Hidden, question: &str) {}
    assert_eq!(
        record(|| ask(Hidden, "why?")).input.as_deref(),
        Some(r#"{"key":"Hidden([REDACTED])","question":"why?"}"#)
    );
}
