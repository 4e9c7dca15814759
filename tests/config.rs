//! The address, the key and the agent follow the rules of the platform's SDK, and are a little safer.

use xpander_report::{Client, Config, ConfigBuilder, ConfigError, TaskReport};
use xpander_report_tests::server::{Answer, Server};

fn with(variables: &[(&str, &str)]) -> ConfigBuilder {
    Config::builder().variables(variables.iter().copied())
}

fn base(variables: &[(&str, &str)]) -> Result<String, ConfigError> {
    with(variables)
        .api_key("k")
        .build()
        .map(|config| config.base_url().to_owned())
}

fn explicit(url: &str) -> Result<String, ConfigError> {
    with(&[])
        .base_url(url)
        .api_key("k")
        .build()
        .map(|config| config.base_url().to_owned())
}

#[test]
fn without_anything_it_is_the_public_platform() {
    assert_eq!(base(&[]).unwrap(), "https://inbound.xpander.ai");
}

#[test]
fn only_exactly_true_means_staging() {
    assert_eq!(
        base(&[("IS_STG", "true")]).unwrap(),
        "https://inbound.stg.xpander.ai"
    );
    for no in ["True", "1", "false", ""] {
        assert_eq!(
            base(&[("IS_STG", no)]).unwrap(),
            "https://inbound.xpander.ai"
        );
    }
}

#[test]
fn the_variable_goes_before_staging_and_the_explicit_address_before_both() {
    let variables = [
        ("IS_STG", "true"),
        ("XPANDER_BASE_URL", "https://variable.example"),
    ];
    assert_eq!(base(&variables).unwrap(), "https://variable.example");
    let config = with(&variables)
        .base_url("https://explicit.example")
        .api_key("k");
    assert_eq!(
        config.build().unwrap().base_url(),
        "https://explicit.example"
    );
}

#[test]
fn without_a_scheme_https_is_meant() {
    assert_eq!(
        explicit("platform.example").unwrap(),
        "https://platform.example"
    );
    assert_eq!(
        explicit("platform.example:8443/x").unwrap(),
        "https://platform.example:8443/x"
    );
}

#[test]
fn an_empty_explicit_address_never_means_the_public_platform() {
    for empty in ["", "  "] {
        let error = explicit(empty).unwrap_err();
        assert_eq!(error.variable, "XPANDER_BASE_URL");
        let config = with(&[("XPANDER_BASE_URL", "https://own.example")])
            .base_url(empty)
            .api_key("k")
            .build();
        assert_eq!(config.unwrap().base_url(), "https://own.example");
    }
}

#[test]
fn a_variable_that_is_set_but_empty_is_an_error_and_not_the_public_platform() {
    let error = base(&[("XPANDER_BASE_URL", "")]).unwrap_err();
    assert_eq!(error.variable, "XPANDER_BASE_URL");
    assert!(error.to_string().contains("set but empty"), "{error}");
}

#[test]
fn trailing_slashes_do_not_matter() {
    assert_eq!(
        explicit("https://platform.example/x//").unwrap(),
        "https://platform.example/x"
    );
}

#[test]
fn an_agent_controller_gets_the_organization() {
    let organization = [("XPANDER_ORGANIZATION_ID", "org 1/a")];
    for (url, expected) in [
        (
            "https://agent-controller.example",
            "https://agent-controller.example/org%201%2Fa",
        ),
        (
            "https://platform.example:9016/",
            "https://platform.example:9016/org%201%2Fa",
        ),
        (
            "https://x.example/Agent-Controller/",
            "https://x.example/Agent-Controller/org%201%2Fa",
        ),
        (
            "https://x.example/x/agent-controller",
            "https://x.example/x/agent-controller",
        ),
        ("https://x.example", "https://x.example"),
    ] {
        let config = with(&organization)
            .base_url(url)
            .api_key("k")
            .build()
            .unwrap();
        assert_eq!(config.base_url(), expected);
    }
    let config = with(&organization).organization_id("own").api_key("k");
    let config = config
        .base_url("https://agent-controller.example")
        .build()
        .unwrap();
    assert_eq!(config.base_url(), "https://agent-controller.example/own");
}

#[test]
fn an_agent_controller_without_an_organization_is_an_error() {
    let error = explicit("https://agent-controller.example").unwrap_err();
    assert_eq!(error.variable, "XPANDER_ORGANIZATION_ID");
}

#[test]
fn a_missing_key_names_its_variable() {
    let error = with(&[]).build().unwrap_err();
    assert_eq!(error.variable, "XPANDER_API_KEY");
    assert!(
        error
            .to_string()
            .contains("set the environment variable XPANDER_API_KEY")
    );
    assert!(with(&[("XPANDER_API_KEY", " ")]).build().is_err());
}

#[test]
fn a_malformed_key_is_refused_and_not_shown() {
    let error = with(&[]).api_key("sec ret").build().unwrap_err();
    assert_eq!(error.variable, "XPANDER_API_KEY");
    assert!(!error.to_string().contains("sec"), "{error}");
}

#[test]
fn a_key_from_a_file_may_end_with_a_line_break() {
    let server = Server::always(Answer::task());
    let config = with(&[
        ("XPANDER_API_KEY", "key\n"),
        ("XPANDER_AGENT_ID", " agent "),
    ])
    .base_url(server.url())
    .build()
    .unwrap();
    Client::new(config)
        .report_external_task_blocking(&TaskReport::new())
        .unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("x-api-key"), Some("key"));
    assert_eq!(request.line, "POST /agent-execution/agent/report_task");
}

#[test]
fn malformed_addresses_are_refused_by_what_is_wrong_with_them() {
    for (url, problem) in [
        ("http://", "is not a valid address"),
        ("https://x.example:99999", "is not a valid address"),
        ("ftp://x.example", "`ftp` is not a supported scheme"),
        (
            "https://x.example/?a=b",
            "is followed by a query or a fragment",
        ),
        (
            "https://x.example/#a",
            "is followed by a query or a fragment",
        ),
        (
            "https://user:pass@x.example",
            "contains a user name or password",
        ),
        (
            "https://user:pass@x.example:99999",
            "is not a valid address",
        ),
    ] {
        let error = explicit(url).unwrap_err();
        assert_eq!(error.variable, "XPANDER_BASE_URL");
        assert!(error.to_string().contains(problem), "{url}: {error}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
}

#[test]
fn a_secret_behind_the_address_is_in_no_error() {
    for url in [
        "https://x.example/?api_key=hunter2",
        "https://x.example#hunter2",
        "x.example/in?to=https://y.example&key=hunter2",
        "https://x.example:99999/?hunter2",
        "https://x.example:99999/#hunter2",
        "https://me:hunter2@x.example",
        "https://me:hunter2@x.example:99999",
        "ftp://x.example/?hunter2",
    ] {
        let error = explicit(url).unwrap_err();
        let builder = with(&[]).base_url(url).api_key("k");
        let shown = format!("{error} {error:?} {builder:?} {:?}", builder.settings());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn names_below_localhost_are_this_machines() {
    for (url, is_loopback) in [
        ("http://localhost", true),
        ("http://localhost.", true),
        ("http://LocalHost:1", true),
        ("https://app.localhost", true),
        ("http://a.b.localhost.:9726", true),
        ("http://127.9.9.9", true),
        ("http://[::1]", true),
        ("http://[::ffff:127.0.0.1]", true),
        ("http://notlocalhost", false),
        ("https://localhost.example", false),
        ("http://10.0.0.1", false),
    ] {
        let config = with(&[]).base_url(url).api_key("k").build().unwrap();
        assert_eq!(config.is_loopback(), is_loopback, "{url}");
    }
}

#[test]
fn a_name_below_localhost_reaches_this_machine_whatever_the_resolver_says() {
    let server = Server::always(Answer::task());
    for host in ["app.localhost", "localhost.", "a.b.localhost."] {
        let config = with(&[])
            .base_url(server.url().replace("127.0.0.1", host))
            .api_key("k")
            .agent_id("a");
        Client::new(config.build().unwrap())
            .report_external_task_blocking(&TaskReport::new())
            .unwrap();
    }
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn plain_http_to_a_private_host_takes_no_proxy() {
    for (url, bypasses) in [
        ("http://127.0.0.1:1", true),
        ("http://app.localhost", true),
        ("https://localhost.", true),
        ("http://platform", true),
        ("http://platform.internal.", true),
        ("http://10.1.2.3", true),
        ("http://[fd00::1]", true),
        ("http://[::ffff:192.168.0.1]", true),
        ("https://platform.internal", false),
        ("https://10.1.2.3", false),
        ("http://lab.example", false),
        ("https://platform.example", false),
    ] {
        let config = with(&[])
            .base_url(url)
            .api_key("k")
            .allow_http("lab.example");
        let config = config.build().unwrap();
        assert_eq!(config.bypasses_proxy(), bypasses, "{url}");
    }
}

#[test]
fn plain_http_is_for_private_hosts() {
    for private in [
        "http://127.0.0.1:4319",
        "http://localhost",
        "http://[::1]:80",
        "http://10.1.2.3",
        "http://172.16.0.1",
        "http://192.168.1.1",
        "http://[fd00::1]",
        "http://platform",
        "http://platform.local",
        "http://platform.internal",
        "http://platform.team.svc.cluster.local",
    ] {
        explicit(private).unwrap();
    }
    for public in [
        "http://platform.example",
        "http://8.8.8.8",
        "http://172.32.0.1",
        "http://[2001:db8::1]",
        "http://local.example",
        "http://localhost.example",
    ] {
        let error = explicit(public).unwrap_err();
        assert!(
            error.to_string().contains("plain http"),
            "{public}: {error}"
        );
    }
}

#[test]
fn plain_http_to_another_host_is_allowed_by_name() {
    let config = with(&[])
        .base_url("http://lab.example")
        .api_key("k")
        .allow_http("Lab.example");
    assert_eq!(config.build().unwrap().base_url(), "http://lab.example");
    let listed = [
        ("XPANDER_BASE_URL", "http://lab.example"),
        ("XPANDER_REPORT_ALLOW_HTTP", "other.example, lab.example"),
    ];
    assert_eq!(base(&listed).unwrap(), "http://lab.example");
    // A trailing dot does not make it another host.
    let config = with(&[])
        .base_url("http://lab.example.")
        .api_key("k")
        .allow_http("lab.example");
    config.build().unwrap();
}

#[test]
fn no_agent_is_an_error_before_anything_is_sent() {
    let server = Server::always(Answer::task());
    let client = Client::new(
        with(&[])
            .base_url(server.url())
            .api_key("k")
            .build()
            .unwrap(),
    );
    let error = client
        .report_external_task_blocking(&TaskReport::new())
        .unwrap_err();
    assert!(error.to_string().contains("XPANDER_AGENT_ID"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn the_key_is_in_no_debug_output() {
    let builder = with(&[])
        .api_key("very-secret")
        .base_url("https://x.example");
    let config = builder.clone().build().unwrap();
    let client = Client::new(config.clone());
    for shown in [
        format!("{builder:?}"),
        format!("{config:?}"),
        format!("{client:?}"),
    ] {
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}

#[test]
fn a_key_provider_is_asked_at_each_request() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let server = Server::always(Answer::task());
    let asked = AtomicUsize::new(0);
    let config = with(&[])
        .base_url(server.url())
        .agent_id("a")
        .api_key_provider(move || format!("key-{}", asked.fetch_add(1, Ordering::SeqCst)));
    let client = Client::new(config.build().unwrap());
    for _ in 0..2 {
        client
            .report_external_task_blocking(&TaskReport::new())
            .unwrap();
    }
    let keys: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("x-api-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys, ["key-0", "key-1"]);
}

#[test]
fn a_key_provider_that_panics_or_gives_nonsense_is_an_error() {
    let server = Server::always(Answer::task());
    let config = with(&[]).base_url(server.url()).agent_id("a");
    let panicking = config.clone().api_key_provider(|| panic!("no vault"));
    let nonsense = config.api_key_provider(|| "two\nlines".to_owned());
    for config in [panicking, nonsense] {
        let client = Client::new(config.build().unwrap());
        let error = client
            .report_external_task_blocking(&TaskReport::new())
            .unwrap_err();
        assert!(
            error.to_string().contains("the provider of the API key"),
            "{error}"
        );
        assert!(error.is_retryable());
    }
    assert!(server.requests().is_empty());
}

#[test]
fn the_http_client_can_be_changed_and_still_follows_no_redirect() {
    let server = Server::start(|_, request| match request.line.as_str() {
        "POST /agent-execution/a/report_task" => Answer::json(302, "").header("location", "/other"),
        _ => Answer::task(),
    });
    let config = with(&[])
        .base_url(server.url())
        .api_key("k")
        .agent_id("a")
        .http(|builder| builder.user_agent("mine"));
    let error = Client::new(config.build().unwrap())
        .report_external_task_blocking(&TaskReport::new())
        .unwrap_err();
    assert!(error.to_string().contains("302"), "{error}");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].header("user-agent"), Some("mine"));
}

#[test]
fn debug_of_an_error_says_what_to_do() {
    let error = Config::builder().variables([("", "")]).build().unwrap_err();
    let shown = format!("{error:?}");
    assert!(
        shown.contains("set the environment variable XPANDER_API_KEY"),
        "{shown}"
    );
}
