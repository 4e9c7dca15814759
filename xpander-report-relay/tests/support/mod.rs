//! A relay of its own for one test, and the platform behind it.

pub(crate) mod process;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use xpander_report::{ConfigBuilder, SpoolDirectory};
use xpander_report_local::LocalPlatform;
use xpander_report_relay::{Builder, Relay};
use xpander_report_tests::raw::{Answer, send};
use xpander_report_tests::{LONG, config, platform};

pub(crate) const REPORT: &str = "/agent-execution/agent-1/report_task";
pub(crate) const HOST: (&str, &str) = ("host", "localhost");
pub(crate) const KEY: (&str, &str) = ("x-api-key", "any");

/// A relay in front of a platform.
pub(crate) struct Relayed {
    pub(crate) relay: Relay,
    pub(crate) platform: LocalPlatform,
    pub(crate) _dir: TempDir,
}

impl Relayed {
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(set: impl FnOnce(Builder) -> Builder) -> Self {
        let platform = platform();
        let dir = TempDir::new().unwrap();
        let relay = start(config(platform.url()), dir.path(), set);
        Self {
            relay,
            platform,
            _dir: dir,
        }
    }

    pub(crate) fn post(&self, body: &str) -> Answer {
        post(&self.relay, body)
    }

    /// Waits until the platform has everything.
    #[track_caller]
    pub(crate) fn drain(&self) {
        assert!(self.relay.drain(LONG), "{:?}", self.relay.stats());
    }
}

pub(crate) fn start(
    upstream: ConfigBuilder,
    dir: &Path,
    set: impl FnOnce(Builder) -> Builder,
) -> Relay {
    let upstream = upstream.timeout(Duration::from_secs(10));
    set(Relay::builder(upstream, dir).port(0)).start().unwrap()
}

pub(crate) fn post(relay: &Relay, body: &str) -> Answer {
    post_as(relay, KEY.1, REPORT, body)
}

pub(crate) fn post_as(relay: &Relay, key: &str, path: &str, body: &str) -> Answer {
    ask(relay, key, &format!("POST {path}"), body)
}

pub(crate) fn get(relay: &Relay, path: &str) -> Answer {
    ask(relay, KEY.1, &format!("GET {path}"), "")
}

pub(crate) fn ask(relay: &Relay, key: &str, line: &str, body: &str) -> Answer {
    let headers = [HOST, ("x-api-key", key)];
    send(relay.address(), line, &headers, body.as_bytes())
}

/// The ids of the tasks that wait on disk.
pub(crate) fn waiting(dir: &Path) -> Vec<String> {
    let spool = SpoolDirectory::open(dir).unwrap();
    let waiting = spool.waiting().map(|spooled| spooled.unwrap().report.id);
    waiting.map(Option::unwrap).collect()
}
