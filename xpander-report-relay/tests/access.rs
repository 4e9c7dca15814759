//! Who may report through a relay, and for which agents.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use crate::support::{HOST, REPORT, Relayed, ask, get, post_as};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;
use xpander_report_relay::{Error, Relay};
use xpander_report_tests::raw::{receive, send};
use xpander_report_tests::{config, until};

const OTHER: &str = "/agent-execution/agent-2/report_task";

/// A relay with this tokens file.
fn with_tokens(text: &str) -> (Relayed, TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tokens");
    fs::write(&file, text).unwrap();
    let relayed = Relayed::with(|builder| builder.host("0.0.0.0").tokens(&file));
    (relayed, dir, file)
}

#[test]
fn a_token_is_for_the_agents_of_its_line() {
    let (relayed, _dir, _) = with_tokens("one agent-1\ntwo agent-2 agent-1\nall *\n");
    let relay = &relayed.relay;
    for (token, path, status) in [
        ("one", REPORT, 200),
        ("one", OTHER, 403),
        ("two", OTHER, 200),
        ("two", REPORT, 200),
        ("all", "/agent-execution/any/report_task", 200),
        ("none", REPORT, 401),
        ("", REPORT, 401),
        ("ON", REPORT, 401),
    ] {
        let answer = post_as(relay, token, path, "{}");
        assert_eq!(answer.status, status, "{token} {path}: {}", answer.body);
        if status != 200 {
            assert!(answer.json()["detail"].is_string());
            assert!(!answer.body.contains("two"), "no other token is told");
        }
    }
    post_as(relay, "one", OTHER, "{}").says(403, "agent-2");
    send(relay.address(), &format!("POST {REPORT}"), &[HOST], b"{}").detail(401);
    let bearer = [HOST, ("authorization", "Bearer one")];
    let answer = send(relay.address(), &format!("POST {REPORT}"), &bearer, b"{}");
    assert_eq!(answer.status, 200);
    ask(relay, "one", "GET /agents/agent-2", "").detail(403);
    assert_eq!(relay.stats().accepted, 5);
}

#[test]
fn with_tokens_every_host_name_is_answered() {
    let (relayed, _dir, _) = with_tokens("one *\n");
    let headers = [("host", "relay.example.com"), ("x-api-key", "one")];
    let line = format!("POST {REPORT}");
    let answer = send(relayed.relay.address(), &line, &headers, b"{}");
    assert_eq!(answer.status, 200);
    let open = Relayed::start();
    let answer = send(open.relay.address(), &line, &headers, b"{}");
    answer.says(403, "relay.example.com");
}

#[test]
fn only_the_process_is_open_to_everybody() {
    let (relayed, _dir, _) = with_tokens("one agent-1\n");
    let address = relayed.relay.address();
    let open = send(address, "GET /healthz", &[("host", "anything")], b"");
    assert_eq!((open.status, &*open.body), (200, r#"{"status":"ok"}"#));
    for line in [
        "GET /readyz",
        "GET /metrics",
        "GET /xpander-relay",
        "GET /xpander-relay/dead-letters",
        "DELETE /xpander-relay/tasks/t",
        "GET /agents/agent-1",
        "GET /nothing",
    ] {
        send(address, line, &[HOST], b"").detail(401);
    }
    for line in ["GET /readyz", "GET /metrics", "GET /xpander-relay"] {
        assert_eq!(ask(&relayed.relay, "one", line, "").status, 200, "{line}");
    }
    for line in [
        "GET /xpander-relay/dead-letters",
        "POST /xpander-relay/dead-letters",
        "DELETE /xpander-relay/dead-letters",
        "POST /xpander-relay/dead-letters/t",
        "DELETE /xpander-relay/dead-letters/t",
        "DELETE /xpander-relay/tasks/t",
    ] {
        ask(&relayed.relay, "one", line, "").says(403, "a token for all agents");
    }
}

#[test]
fn tokens_are_rotated_while_it_runs() {
    let (relayed, _dir, file) = with_tokens("old agent-1\n");
    let status = |token: &str, path: &str| post_as(&relayed.relay, token, path, "{}").status;
    fs::write(&file, "old agent-1\nnew *\n").unwrap();
    until(|| status("new", REPORT) == 200);
    assert_eq!(status("old", REPORT), 200, "both are valid for a while");
    fs::write(&file, "new agent-2\n").unwrap();
    until(|| status("old", REPORT) == 401);
    assert_eq!((status("new", OTHER), status("new", REPORT)), (200, 403));
    // What is no tokens file changes nothing.
    for broken in ["", "token-without-agents\n"] {
        fs::write(&file, broken).unwrap();
        let before = relayed.relay.stats().accepted;
        for _ in 0..20 {
            assert_eq!(status("new", OTHER), 200);
        }
        assert_eq!(relayed.relay.stats().accepted, before + 20);
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(status("new", OTHER), 200);
}

#[test]
fn without_tokens_it_listens_on_this_machine_only() {
    let dir = TempDir::new().unwrap();
    let builder = Relay::builder(config("http://127.0.0.1:9"), dir.path());
    let error = builder.clone().host("0.0.0.0").port(0).start().unwrap_err();
    assert!(matches!(error, Error::TokensMissing { .. }), "{error}");
    let missing = dir.path().join("missing");
    let error = builder
        .clone()
        .tokens(&missing)
        .port(0)
        .start()
        .unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    let error = builder
        .host("relay.example.com")
        .port(0)
        .start()
        .unwrap_err();
    assert!(matches!(error, Error::Host { .. }), "{error}");
}

#[test]
fn a_page_of_another_site_reaches_nothing() {
    let relayed = Relayed::start();
    let headers = [
        HOST,
        ("x-api-key", "any"),
        ("origin", "https://evil.example"),
    ];
    let answer = send(
        relayed.relay.address(),
        &format!("POST {REPORT}"),
        &headers,
        b"{}",
    );
    answer.says(403, "evil.example");
    assert_eq!(get(&relayed.relay, "/readyz").status, 200);
}

#[test]
fn it_speaks_tls_with_a_certificate_of_ones_own() {
    let dir = TempDir::new().unwrap();
    let names = vec!["relay.test".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let relayed = Relayed::with(|builder| builder.certificate(&certificate, &key));
    assert!(relayed.relay.url().starts_with("https://"));

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("relay.test").unwrap();
    let connection = ClientConnection::new(Arc::new(client), name).unwrap();
    let stream = TcpStream::connect(relayed.relay.address()).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    write!(
        stream,
        "POST {REPORT} HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\nconnection: close\r\n\
         content-length: 10\r\n\r\n{{\"id\":\"t\"}}"
    )
    .unwrap();
    assert_eq!(receive(stream).unwrap().status, 200);
    relayed.drain();
    assert!(relayed.platform.task("t").unwrap().is_some());

    // Who does not speak TLS gets no answer, and keeps nobody out.
    let mut plain = TcpStream::connect(relayed.relay.address()).unwrap();
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));

    let builder = |certificate: &PathBuf, key: &PathBuf| {
        let builder = Relay::builder(config("http://127.0.0.1:9"), dir.path().join("spool"));
        builder
            .certificate(certificate, key)
            .port(0)
            .start()
            .unwrap_err()
    };
    for error in [
        builder(&key, &certificate),
        builder(&certificate, &dir.path().join("none")),
    ] {
        assert!(matches!(error, Error::Tls { .. }), "{error}");
    }
}
