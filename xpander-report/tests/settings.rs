//! A configuration lists the sources of its values, to find out why nothing arrives.

#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails panics"
)]

use xpander_report::{Config, ConfigBuilder, Setting, Source};

fn with(variables: &[(&str, &str)]) -> ConfigBuilder {
    Config::builder().variables(variables.iter().copied())
}

fn setting(builder: &ConfigBuilder, name: &str) -> Setting {
    let settings = builder.settings();
    let found = settings.iter().find(|setting| setting.name == name);
    found.expect(name).clone()
}

fn value(builder: &ConfigBuilder, name: &str) -> (Option<String>, Source) {
    let setting = setting(builder, name);
    assert_eq!(setting.problem, None);
    (setting.value, setting.source)
}

#[test]
fn without_anything_they_are_the_defaults_and_the_key_is_missing() {
    let builder = with(&[]);
    let default = |value: Option<&str>| (value.map(str::to_owned), Source::Default);
    assert_eq!(
        value(&builder, "base_url"),
        default(Some("https://inbound.xpander.ai"))
    );
    assert_eq!(value(&builder, "organization_id"), default(None));
    assert_eq!(value(&builder, "agent_id"), default(None));
    assert_eq!(value(&builder, "disabled"), default(Some("false")));
    assert_eq!(value(&builder, "capture_content"), default(Some("true")));
    assert_eq!(value(&builder, "scrub"), default(Some("true")));
    assert_eq!(value(&builder, "targets"), default(None));
    assert_eq!(value(&builder, "rollup"), default(None));
    assert_eq!(value(&builder, "allow_http"), default(None));
    let key = setting(&builder, "api_key");
    assert_eq!((key.value, key.source), (None, Source::Default));
    assert_eq!(key.problem.unwrap().variable, "XPANDER_API_KEY");
}

#[test]
fn each_variable_is_the_source_of_its_setting() {
    for (name, variable, text) in [
        ("base_url", "XPANDER_BASE_URL", "https://own.example"),
        ("organization_id", "XPANDER_ORGANIZATION_ID", "org-1"),
        ("agent_id", "XPANDER_AGENT_ID", "agent-1"),
        ("disabled", "XPANDER_REPORT_DISABLED", "true"),
        ("capture_content", "XPANDER_REPORT_CAPTURE_CONTENT", "false"),
        ("scrub", "XPANDER_REPORT_SCRUB", "false"),
        ("targets", "XPANDER_REPORT_TARGETS", "my_app,-my_app::noisy"),
        ("rollup", "XPANDER_REPORT_ROLLUP", "their_crate"),
        ("allow_http", "XPANDER_REPORT_ALLOW_HTTP", "lab.example"),
    ] {
        let setting = setting(&with(&[(variable, text)]), name);
        assert_eq!(setting.variable, variable);
        assert_eq!(setting.source, Source::Variable(variable));
        assert_eq!(setting.value.as_deref(), Some(text));
        assert_eq!(setting.problem, None);
    }
    let staging = with(&[("IS_STG", "true")]);
    let staging = value(&staging, "base_url");
    assert_eq!(
        staging,
        (
            Some("https://inbound.stg.xpander.ai".into()),
            Source::Variable("IS_STG")
        )
    );
}

#[test]
fn what_code_says_goes_first_unless_it_is_empty() {
    let variables = [
        ("XPANDER_BASE_URL", "https://variable.example"),
        ("XPANDER_AGENT_ID", "variable"),
        ("XPANDER_REPORT_ALLOW_HTTP", "variable.example"),
    ];
    let builder = with(&variables)
        .base_url("code.example/")
        .agent_id("code")
        .organization_id("code")
        .allow_http("code.example")
        .api_key("code");
    let code = |value: &str| (Some(value.to_owned()), Source::Code);
    assert_eq!(value(&builder, "base_url"), code("https://code.example"));
    assert_eq!(value(&builder, "agent_id"), code("code"));
    assert_eq!(value(&builder, "organization_id"), code("code"));
    assert_eq!(
        value(&builder, "allow_http"),
        code("code.example, variable.example")
    );
    assert_eq!(value(&builder, "api_key"), code("4 characters"));

    let empty = with(&variables).base_url("").agent_id(" ");
    let variable = |name, text: &str| (Some(text.to_owned()), Source::Variable(name));
    assert_eq!(
        value(&empty, "agent_id"),
        variable("XPANDER_AGENT_ID", "variable")
    );
    assert_eq!(
        value(&empty, "base_url"),
        variable("XPANDER_BASE_URL", "https://variable.example")
    );
}

#[test]
fn a_variable_that_is_empty_is_told_from_one_that_is_not_set() {
    let builder = with(&[("XPANDER_AGENT_ID", "")]);
    assert_eq!(
        value(&builder, "agent_id"),
        (None, Source::Variable("XPANDER_AGENT_ID"))
    );
}

#[test]
fn each_problem_stands_at_the_setting_that_must_change() {
    for (name, variable, text) in [
        ("base_url", "XPANDER_BASE_URL", ""),
        ("base_url", "XPANDER_BASE_URL", "ftp://x.example"),
        ("base_url", "XPANDER_BASE_URL", "http://public.example"),
        ("api_key", "XPANDER_API_KEY", "two words"),
        ("disabled", "XPANDER_REPORT_DISABLED", "maybe"),
        (
            "capture_content",
            "XPANDER_REPORT_CAPTURE_CONTENT",
            "perhaps",
        ),
        ("scrub", "XPANDER_REPORT_SCRUB", "sometimes"),
    ] {
        let builder = with(&[("XPANDER_API_KEY", "k"), (variable, text)]);
        let wrong: Vec<_> = builder
            .settings()
            .into_iter()
            .filter(|setting| setting.problem.is_some())
            .collect();
        let [setting] = wrong.as_slice() else {
            panic!("{wrong:?}")
        };
        assert_eq!((setting.name, setting.value.as_deref()), (name, None));
        assert_eq!(setting.source, Source::Variable(variable));
    }
    let controller = with(&[]).base_url("https://agent-controller.example");
    let organization = setting(&controller, "organization_id");
    assert_eq!(
        organization.problem.unwrap().variable,
        "XPANDER_ORGANIZATION_ID"
    );
    assert_eq!(setting(&controller, "base_url").problem, None);
}

#[test]
fn the_same_things_are_wrong_as_when_it_is_built() {
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("XPANDER_API_KEY", "k")],
        &[("XPANDER_API_KEY", " ")],
        &[
            ("XPANDER_API_KEY", "k"),
            ("XPANDER_BASE_URL", "https://a:b@c"),
        ],
        &[
            ("XPANDER_API_KEY", "k"),
            ("XPANDER_BASE_URL", "https://x.example:9016"),
        ],
        &[
            ("XPANDER_API_KEY", "k"),
            ("XPANDER_BASE_URL", "http://lab.example"),
            ("XPANDER_REPORT_ALLOW_HTTP", "lab.example"),
        ],
    ];
    for case in cases {
        let problems = with(case)
            .settings()
            .into_iter()
            .find_map(|setting| setting.problem);
        assert_eq!(with(case).build().err(), problems, "{case:?}");
    }
}

#[test]
fn the_key_shows_its_end_only_if_it_is_long() {
    let shown = |key: &str| {
        value(&with(&[("XPANDER_API_KEY", key)]), "api_key")
            .0
            .unwrap()
    };
    assert_eq!(shown("0123456789abcde"), "15 characters");
    assert_eq!(
        shown(" 0123456789abcdef\n"),
        "16 characters, the last are cdef"
    );
    let provided = with(&[]).api_key_provider(|| "0123456789abcdef".to_owned());
    assert_eq!(
        value(&provided, "api_key"),
        (Some("from a function".into()), Source::Code)
    );
    let secret = with(&[("XPANDER_API_KEY", "two secret words, a long text")]);
    assert!(!format!("{:?}", secret.settings()).contains("secret"));
}
