//! Malformed and hostile requests get a clear answer or a closed connection, and the platform keeps working.

use std::net::SocketAddr;

use crate::support::{get, patch, platform, post, report};
use proptest::prelude::*;
use serde_json::json;
use xpander_report_local::LocalPlatform;
use xpander_report_tests::hostile::{IDS, REPORT, Target};
use xpander_report_tests::hostile_tests;

struct Local(LocalPlatform);

impl Target for Local {
    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn takers(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("POST", "/agent-execution/a/report_task"),
            ("POST", "/agent-execution/a"),
            ("PATCH", "/agent-execution/t/update"),
            ("POST", "/agents-metrics/a/execution"),
            ("PATCH", "/agents/a/sync_local_tools"),
        ]
    }

    fn refused_agents(&self) -> &[&'static str] {
        &[]
    }

    fn has(&self, id: &str) -> bool {
        self.0.task(id).unwrap().is_some()
    }

    fn tasks(&self) -> usize {
        self.0.tasks().unwrap().len()
    }

    fn works(&self) {
        for page in ["/", "/?status=pending", "/?tool=tool%207"] {
            assert_eq!(get(&self.0, page).status, 200, "{page}");
        }
        if self.has("t") {
            assert_eq!(get(&self.0, "/tasks/t").status, 200);
        }
    }
}

hostile_tests!(Local(platform()));

#[track_caller]
fn works(platform: &LocalPlatform) {
    report(platform, r#"{"id":"after"}"#);
    assert!(platform.task("after").unwrap().is_some());
    assert_eq!(get(platform, "/").status, 200);
}

#[test]
fn many_fields_in_an_update() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    let fields: String = (0..50_000)
        .map(|number| format!(r#","f{number}":{number}"#))
        .collect();
    let body = format!(r#"{{"status":"paused"{fields}}}"#);
    let answer = patch(&platform, "/agent-execution/t/update", &body);
    assert_eq!(answer.status, 200);
    assert_eq!(get(&platform, "/tasks/t").status, 200);
    assert!(platform.delete_task("t").unwrap());
    works(&platform);
}

#[test]
fn deep_bodies_and_details() {
    let platform = platform();
    let depth = 200_000;
    let deep = |open: &str, close: &str| format!("{}7{}", open.repeat(depth), close.repeat(depth));
    for value in [deep("[", "]"), deep("{\"a\":", "}")] {
        assert_eq!(
            post(
                &platform,
                REPORT,
                &format!(r#"{{"id":"t","llm_response":{value}}}"#)
            )
            .status,
            200
        );
        assert_eq!(
            platform.task("t").unwrap().unwrap().llm_response,
            Some(value.clone())
        );
        assert_eq!(get(&platform, "/tasks/t").status, 200);
        post(&platform, REPORT, &format!(r#"{{"input":{value}}}"#)).detail(422);
        let counts = format!(r#"{{"tokens":{{"prompt_tokens":{value}}}}}"#);
        post(&platform, REPORT, &counts).detail(422);
        // As a detail that the platform returns.
        let kept = patch(
            &platform,
            "/agent-execution/t/update",
            &format!(r#"{{"payload_extension":{value}}}"#),
        );
        assert_eq!(kept.status, 200);
        assert!(kept.body.contains(&value));
        assert_eq!(get(&platform, "/agent-execution/t/status").body, kept.body);
    }
    works(&platform);
}

#[test]
fn ids_and_agents_of_every_kind_have_pages() {
    let platform = platform();
    for id in IDS {
        let task = report(
            &platform,
            &json!({"id": id, "input": format!("of {id}")}).to_string(),
        );
        assert_eq!(task["id"], *id);
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/agent-execution/{encoded}/status");
        assert_eq!(get(&platform, &path).json(), task, "{id:?}");
        let url = platform.task_url(id);
        let page = get(&platform, url.strip_prefix(&platform.url()).unwrap());
        assert_eq!(page.status, 200, "{id:?}: {url}");

        let as_agent = post(
            &platform,
            &format!("/agent-execution/{encoded}/report_task"),
            "{}",
        );
        assert_eq!(as_agent.json()["agent_id"], *id);
        assert_eq!(
            get(&platform, &format!("/agents/{encoded}")).json()["id"],
            *id
        );
        let history = get(
            &platform,
            &format!("/agent-execution/executions/history/{encoded}"),
        );
        assert_eq!(history.json().as_array().unwrap().len(), 1, "{id:?}");
    }
    works(&platform);
}

#[test]
fn path_tricks_reach_nothing_else() {
    let platform = platform();
    report(&platform, r#"{"id":"t","result":"secret"}"#);
    for path in [
        "/../../etc/passwd",
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/style.css",
        "/assets//style.css/",
        "/tasks/t/../../t/result/x",
        "/tasks/t%2fresult",
        "/tasks/t/result%00",
        "/agent-execution/t/status/",
        "/agent-execution//status",
        "/./agents/a/b",
        "/%61gents/list",
    ] {
        let answer = get(&platform, path);
        assert!(
            [400, 401, 404, 405].contains(&answer.status) || path.ends_with("status/"),
            "{path}: {}",
            answer.status
        );
        assert!(!(300..400).contains(&answer.status), "{path} is redirected");
        if !path.contains("status") {
            assert!(!answer.body.contains("secret"), "{path}");
        }
    }
    works(&platform);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text in any field is stored unchanged, found by a search, and shown only as text.
    #[test]
    fn any_text_is_only_text(text in ".{0,80}", tool in "\\PC{1,30}") {
        let platform = platform();
        let hostile = format!("{text}<script>{tool}</script>\"'`");
        let body = json!({"id": "t", "input": hostile, "result": hostile, "is_success": false,
                          "used_tools": [hostile], "llm_response": {(hostile.clone()): hostile}});
        report(&platform, &body.to_string());
        let task = platform.task("t").unwrap().unwrap();
        prop_assert_eq!(task.input.as_deref(), Some(hostile.as_str()));
        prop_assert_eq!(task.used_tools, std::slice::from_ref(&hostile));
        for path in ["/", "/tasks/t"] {
            let page = get(&platform, path);
            prop_assert_eq!(page.status, 200);
            // The one script of all pages.
            let html = page.body.replacen("<script src=\"/assets/pages.js\" defer></script>", "", 1);
            prop_assert!(!html.contains("<script"), "{html}");
        }
    }

    /// Any query in any parameter is answered, or refused with the parameter's name, and never breaks the platform.
    #[test]
    fn any_query_is_answered_or_refused(
        name in prop::sample::select(vec![
            "page", "per_page", "status", "user_id", "internal_status", "agent_id", "from_date", "to_date", "q", "last",
            "from", "to", "tool", "agent", "organization", "older", "newer",
        ]),
        value in prop_oneof![".{0,40}", "-?[0-9]{0,25}", "[\"*^():+AND OR NOT NEAR]{0,20}", "[0-9]{1,9}[mhdsy]", "[0-9T:Z+-]{4,25}"],
    ) {
        let platform = platform();
        report(&platform, r#"{"id":"t","input":"some words"}"#);
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in ["/", "/v1/tasks", "/agent-execution/executions/history/a", "/agent-execution/executions/history/user/u"] {
            let answer = get(&platform, &format!("{path}?{name}={value}"));
            prop_assert!([200, 422].contains(&answer.status), "{path}?{name}={value}: {} {}", answer.status, answer.body);
            if answer.status == 422 && path != "/" {
                prop_assert_eq!(&answer.json()["detail"][0]["loc"], &json!(["query", name]));
            }
        }
    }
}
