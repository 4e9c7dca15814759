use serde_json::{Value, json};
use xpander_report::external_task;
use xpander_report::testing::Recorder;
use xpander_report_tests::record;

use crate::REDACTED;

fn object(run: impl FnOnce()) -> Value {
    serde_json::from_str(&record(run).input.expect("an input")).expect("JSON")
}

#[test]
fn an_argument_called_like_a_secret_is_shown_as_redacted() {
    #[external_task]
    fn login(api_key: &str, question: &str) {}
    assert_eq!(
        object(|| login("hunter2", "why?")),
        json!({"api_key": REDACTED, "question": "why?"})
    );
}

#[test]
fn one_that_stands_alone_as_well() {
    #[external_task]
    async fn connect(db_password: String) -> usize {
        db_password.len()
    }
    let recorder = Recorder::new();
    assert_eq!(smol::block_on(recorder.scope(connect("hunter2".into()))), 7);
    assert_eq!(recorder.take()[0].input.as_deref(), Some(REDACTED));
}

#[test]
fn its_value_is_not_even_looked_at() {
    struct Key;
    impl std::fmt::Debug for Key {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            std::process::abort()
        }
    }
    #[external_task]
    fn open(private_key: Key, door: u8) {}
    assert_eq!(
        object(|| open(Key, 3)),
        json!({"private_key": REDACTED, "door": 3})
    );
}

#[test]
fn what_a_pattern_takes_apart_counts_by_the_names_that_it_binds() {
    struct Account {
        user: String,
        password: String,
    }
    #[external_task]
    fn login(Account { user, password }: Account, (host, jwt): (&str, &str)) {}
    let account = || Account {
        user: "ada".into(),
        password: "hunter2".into(),
    };
    assert_eq!(
        object(|| login(account(), ("db", "hunter2"))),
        json!({"user": "ada", "password": REDACTED, "host": "db", "jwt": REDACTED})
    );
}

#[test]
fn a_field_that_is_bound_by_another_name_counts_by_both() {
    struct Login {
        api_key: &'static str,
        question: &'static str,
    }
    #[external_task]
    fn login(
        Login {
            api_key: k,
            question: q,
        }: Login,
    ) {
    }
    let input = object(|| {
        login(Login {
            api_key: "hunter2",
            question: "why?",
        });
    });
    assert_eq!(input, json!({"k": REDACTED, "q": "why?"}));
}

#[test]
fn under_async_trait_as_well() {
    struct Service;
    #[async_trait::async_trait]
    trait Login {
        async fn login(&self, (user, secret): (&str, &str), access_token: &str);
    }
    #[async_trait::async_trait]
    impl Login for Service {
        #[external_task]
        async fn login(&self, (user, secret): (&str, &str), access_token: &str) {}
    }
    let run = || smol::block_on(async { Service.login(("ada", "hunter2"), "hunter3").await });
    assert_eq!(
        object(run),
        json!({"user": "ada", "secret": REDACTED, "access_token": REDACTED})
    );
}

#[test]
fn what_is_listed_is_shown_and_left_alone_later_too() {
    #[external_task(input(token, question))]
    fn ask(token: &str, question: &str, password: &str) {}
    assert_eq!(
        object(|| ask("hunter2", "why?", "hunter3")),
        json!({"token": "hunter2", "question": "why?"})
    );
    #[external_task(input(password))]
    fn count(password: &str) {}
    assert_eq!(
        record(|| count("hunter2")).input.as_deref(),
        Some("hunter2")
    );
}

#[test]
fn only_the_argument_is_listed_and_not_what_is_in_it() {
    #[external_task(input(credentials, host))]
    fn open(credentials: &Value, host: &str) {}
    assert_eq!(
        object(|| open(&json!({"user": "ada", "password": "hunter2"}), "db")),
        json!({"credentials": {"user": "ada", "password": REDACTED}, "host": "db"})
    );
    #[external_task(input(settings))]
    fn start(settings: &Value) {}
    assert_eq!(
        object(|| start(&json!({"password": "hunter2"}))),
        json!({"password": REDACTED})
    );
}

#[test]
fn what_is_listed_is_still_scrubbed_by_its_form() {
    #[external_task(input(api_key, question))]
    fn ask(api_key: &str, question: &str) {}
    let key = format!("sk-proj-{}", crate::random(40));
    assert_eq!(
        object(|| ask(&key, "why?")),
        json!({"api_key": REDACTED, "question": "why?"})
    );
}

#[test]
fn a_flag_and_a_number_of_tokens_are_no_secrets() {
    #[external_task]
    fn ask(max_tokens: u32, tokens: &[u32], is_secret: bool, tokenizer: &str, password_hint: &str) {
    }
    assert_eq!(
        object(|| ask(5, &[1, 2], true, "bpe", "pet")),
        json!({"max_tokens": 5, "tokens": [1, 2], "is_secret": true, "tokenizer": "bpe", "password_hint": "pet"})
    );
}

#[test]
fn a_value_given_in_place_of_the_arguments_is_the_author_s() {
    #[external_task(input = api_key.len())]
    fn ask(api_key: &str) {}
    assert_eq!(record(|| ask("hunter2")).input.as_deref(), Some("7"));
}
