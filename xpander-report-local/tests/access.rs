//! Which requests the local platform answers.

use crate::support::{platform, send};
use xpander_report_local::{Error, LocalPlatform};

const REPORT: &str = "POST /agent-execution/a/report_task";

/// Pages, texts, assets, the API, and paths that do not exist.
const LINES: [&str; 8] = [
    "GET /",
    "GET /tasks/t",
    "GET /tasks/t/result",
    "GET /assets/style.css",
    "GET /agents/list",
    "GET /v1/tasks",
    "GET /nowhere",
    REPORT,
];

fn guarded() -> LocalPlatform {
    LocalPlatform::builder()
        .port(0)
        .token("open sesame")
        .start()
        .unwrap()
}

#[test]
fn a_host_that_others_reach_demands_a_token() {
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let error = LocalPlatform::builder()
            .host(host)
            .port(0)
            .start()
            .unwrap_err();
        assert!(matches!(error, Error::TokenMissing { .. }), "{error}");
        assert!(
            error.to_string().contains("--token") && error.to_string().contains(host),
            "{error}"
        );
    }
    let error = LocalPlatform::builder()
        .host("0.0.0.0")
        .token("")
        .start()
        .unwrap_err();
    assert!(matches!(error, Error::TokenEmpty), "{error}");
    let error = LocalPlatform::builder()
        .host("example.com")
        .start()
        .unwrap_err();
    assert!(
        matches!(error, Error::Host { .. }) && error.to_string().contains("example.com"),
        "{error}"
    );

    let open = LocalPlatform::builder()
        .host("0.0.0.0")
        .port(0)
        .token("t")
        .start()
        .unwrap();
    assert!(open.url().starts_with("http://127.0.0.1:"));
    for host in ["localhost", "127.0.0.1"] {
        let platform = LocalPlatform::builder().host(host).port(0).start().unwrap();
        assert!(platform.address().ip().is_loopback());
    }
}

#[test]
fn without_the_token_nothing_is_told() {
    let platform = guarded();
    let host = ("host", "localhost");
    for line in LINES {
        for header in [
            ("x-api-key", "any"),
            ("x-api-key", "open sesame!"),
            ("x-api-key", "open sesam"),
            ("authorization", "Bearer closed"),
            ("authorization", "Basic b3Blbg=="),
            ("authorization", "Basic %%%"),
            ("authorization", "open sesame"),
            ("cookie", "token=open sesame"),
        ] {
            let answer = send(&platform, line, &[host, header], b"{}");
            let detail = answer.detail(401);
            assert!(!detail.as_str().unwrap().contains("sesame"));
            assert!(
                answer
                    .header("www-authenticate")
                    .unwrap()
                    .starts_with("Basic "),
                "a browser asks"
            );
        }
        // Not even in the address, where it would be logged.
        let with_query = line.replacen("GET /", "GET /?token=open%20sesame&", 1);
        send(&platform, &with_query, &[host], b"{}").detail(401);
    }
    assert_eq!(platform.tasks().unwrap(), []);
    assert!(!format!("{:?}", LocalPlatform::builder().token("open sesame")).contains("sesame"));
}

#[test]
fn the_token_opens_in_three_ways() {
    let platform = guarded();
    let host = ("host", "localhost");
    for header in [
        ("x-api-key", "open sesame"),
        ("authorization", "Bearer open sesame"),
        // anyone:open sesame
        ("authorization", "Basic YW55b25lOm9wZW4gc2VzYW1l"),
    ] {
        for line in ["GET /", "GET /agents/list", REPORT] {
            assert_eq!(
                send(&platform, line, &[host, header], b"{}").status,
                200,
                "{line} {header:?}"
            );
        }
    }
    // Without a token, any key is accepted, and browsers are not asked for a password.
    let open = crate::support::platform();
    let answer = send(&open, "GET /agents/list", &[host], b"");
    answer.detail(401);
    assert_eq!(answer.header("www-authenticate"), None);
}

#[test]
fn a_foreign_name_is_refused_everywhere_and_told_the_flag() {
    let platform = platform();
    for line in LINES {
        for host in [
            "rebound.example",
            "rebound.example:9726",
            "127.0.0.1.rebound.example",
            "localhost.rebound.example",
            "localhost@rebound.example",
            "rebound.example@localhost",
            "10.1.2.3",
            "0.0.0.0",
            "[::2]",
            "2130706433",
            "0x7f.1",
            "loc\u{e4}lhost",
            "",
        ] {
            let answer = send(
                &platform,
                line,
                &[("host", host), ("x-api-key", "k")],
                b"{}",
            );
            assert!(
                [400, 403].contains(&answer.status),
                "{line} {host}: {}",
                answer.status
            );
            if host.starts_with("rebound") {
                assert!(answer.body.contains("--allow-host"), "{}", answer.body);
            }
        }
    }
    assert_eq!(platform.tasks().unwrap(), []);
}

#[test]
fn an_allowed_name_is_answered_whatever_the_port() {
    let platform = LocalPlatform::builder()
        .port(0)
        .allow_host("Build-Box.lan")
        .allow_host("10.1.2.3:80")
        .start()
        .unwrap();
    for host in ["build-box.lan", "BUILD-BOX.LAN:1", "10.1.2.3", "localhost"] {
        let answer = send(
            &platform,
            "GET /agents/list",
            &[("host", host), ("x-api-key", "k")],
            b"",
        );
        assert_eq!(answer.status, 200, "{host}");
    }
    for host in ["lan", "x.build-box.lan", "10.1.2.4"] {
        send(&platform, "GET /", &[("host", host)], b"").detail(403);
    }
}

#[test]
fn a_foreign_page_gets_nothing_from_any_route() {
    let platform = platform();
    for line in LINES {
        for foreign in [
            ("origin", "https://example.com"),
            ("origin", "null"),
            ("origin", "http://localhost:10"),
            ("origin", "http://localhost:9.example.com"),
            ("origin", "file://"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let headers = [("host", "localhost:9"), ("x-api-key", "k"), foreign];
            let answer = send(&platform, line, &headers, b"{}");
            answer.detail(403);
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    for line in [
        "OPTIONS /agents/list",
        "OPTIONS /agent-execution/a/report_task",
    ] {
        let headers = [
            ("host", "localhost:9"),
            ("origin", "https://example.com"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-api-key"),
        ];
        send(&platform, line, &headers, b"").detail(403);
    }
    assert_eq!(platform.tasks().unwrap(), []);
    for own in [
        ("origin", "http://localhost:9"),
        ("origin", "https://localhost:9"),
        ("sec-fetch-site", "same-origin"),
    ] {
        let headers = [("host", "localhost:9"), ("x-api-key", "k"), own];
        assert_eq!(
            send(&platform, REPORT, &headers, b"{}").status,
            200,
            "{own:?}"
        );
    }
}
