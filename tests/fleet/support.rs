//! A relay on a server of NATS, in this process.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use xpander_report_local::LocalPlatform;
use xpander_report_relay::{Error, Nats, Relay, Status};
use xpander_report_tests::raw::{Answer, send, try_send};
use xpander_report_tests::{config, platform, until};

use crate::nats::Server;

pub(crate) const REPORT: &str = "/agent-execution/agent-1/report_task";
pub(crate) const HEADERS: [(&str, &str); 2] = [("host", "localhost"), ("x-api-key", "any")];

/// A relay, its server, and a platform.
pub(crate) struct Fleet {
    // In this order they end.
    pub(crate) relay: Relay,
    pub(crate) server: Server,
    pub(crate) platform: LocalPlatform,
    pub(crate) _dir: TempDir,
}

impl Fleet {
    pub(crate) fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let (server, platform) = (Server::start(dir.path()), platform());
        let relay = start(&platform.url(), &server).unwrap();
        Self {
            relay,
            server,
            platform,
            _dir: dir,
        }
    }

    pub(crate) fn post(&self, body: &str) -> Answer {
        post(&self.relay, body)
    }

    /// Waits until nothing waits.
    #[track_caller]
    pub(crate) fn drain(&self) {
        until(|| status(&self.relay).waiting == 0);
    }
}

pub(crate) fn start(upstream: &str, server: &Server) -> Result<Relay, Error> {
    start_with(upstream, Nats::new(server.url()))
}

/// With a lease that is long against everything else in a test, unless it is set.
pub(crate) fn start_with(upstream: &str, nats: Nats) -> Result<Relay, Error> {
    let upstream = config(upstream).timeout(Duration::from_secs(5));
    Relay::on_nats(upstream, nats).port(0).start()
}

pub(crate) fn post(relay: &Relay, body: &str) -> Answer {
    post_for(relay, "agent-1", body)
}

pub(crate) fn post_for(relay: &Relay, agent: &str, body: &str) -> Answer {
    let line = format!("POST /agent-execution/{agent}/report_task");
    send(relay.address(), &line, &HEADERS, body.as_bytes())
}

pub(crate) fn get(relay: &Relay, path: &str) -> Answer {
    ask(relay, &format!("GET {path}"))
}

pub(crate) fn ask(relay: &Relay, line: &str) -> Answer {
    send(relay.address(), line, &HEADERS, b"")
}

pub(crate) fn status(relay: &Relay) -> Status {
    serde_json::from_str(&get(relay, "/xpander-relay").body).unwrap()
}

/// None if it does not answer.
pub(crate) fn status_of(relay: SocketAddr) -> Option<Status> {
    let answer = try_send(relay, "GET /xpander-relay", &HEADERS, b"").ok()?;
    serde_json::from_str(&answer.body).ok()
}

pub(crate) fn dead_letters(relay: &Relay) -> Vec<Value> {
    let answer = get(relay, "/xpander-relay/dead-letters");
    serde_json::from_str(&answer.body).unwrap()
}

/// A refusal after which a program keeps its report and sends it again.
#[track_caller]
pub(crate) fn is_put_off(answer: &Answer, words: &str) {
    answer.says(503, words);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}
