//! What the tests share: a server that answers as a script says, and comparisons of JSON.

pub mod json;
pub mod server;
pub mod unruly;

use std::time::Duration;

use xpander_report::testing::Recorder;
use xpander_report::{Config, ConfigBuilder, Reporter, TaskReport};
use xpander_report_local::LocalPlatform;

/// Long enough that only a bug reaches it.
pub const LONG: Duration = Duration::from_secs(60);

/// A platform of its own for one test.
pub fn platform() -> LocalPlatform {
    LocalPlatform::builder()
        .port(0)
        .start()
        .expect("a local platform starts")
}

/// The address of a platform that is away, and the port where it can come [back].
pub fn away() -> (String, u16) {
    let platform = platform();
    let url = platform.url();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    (url, port.expect("a port"))
}

/// The platform is there again.
pub fn back(port: u16) -> LocalPlatform {
    LocalPlatform::builder()
        .port(port)
        .start()
        .expect("its port is free")
}

/// A configuration for a server at `url` that takes nothing from the environment.
pub fn config(url: impl Into<String>) -> ConfigBuilder {
    Config::builder()
        .variables([("", "")])
        .base_url(url)
        .api_key("xp-test-key")
        .agent_id("agent-123")
}

/// A reporter for a server at `url`.
pub fn reporter(url: impl Into<String>) -> Reporter {
    Reporter::builder()
        .config(config(url))
        .build()
        .expect("a correct configuration")
}

/// The one report that `run` makes.
pub fn record<T>(run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    let reports = recorder.take();
    let [report] = <[TaskReport; 1]>::try_from(reports).expect("one report");
    report
}
