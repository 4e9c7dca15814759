use std::time::{Duration, Instant, SystemTime};

use http::Uri;
use xpander_report::{Client, Config, ConfigBuilder, Error, StatusError, TaskReport};

use super::finding::{Finding, Outcome, excerpt};
use super::network::{self, Endpoint};
use super::{proxy, relay, tls};
use crate::cmd::relay::says_so;
use crate::failure::with_causes;
use crate::{connection, page};

/// A smaller difference between the clocks is harmless.
const MAX_SKEW: Duration = Duration::from_secs(60);
/// An id without a task.
const NO_TASK: &str = "00000000-0000-0000-0000-000000000000";

/// Checks the platform step by step, until a step fails.
pub(super) fn run(builder: ConfigBuilder, send: bool) -> Vec<Finding> {
    let Ok(config) = builder.build() else {
        return vec![Finding::skipped(
            "platform",
            "not asked: a setting is wrong",
        )];
    };
    let mut findings = Vec::new();
    if !reach(&config, &mut findings) {
        findings.push(Finding::skipped("answer", "not asked: no connection"));
        return findings;
    }
    let client = Client::new(config.clone());
    let (answer, is_relay) = answer(&client, &config);
    let mut is_wrong = answer.outcome == Outcome::Wrong;
    findings.push(answer);
    if is_relay {
        let relay = relay::check(&config);
        is_wrong |= relay.outcome == Outcome::Wrong;
        findings.push(relay);
    }
    if send {
        findings.push(match config.agent_id() {
            _ if is_wrong => Finding::skipped("test report", "not sent: see the answer"),
            None => Finding::skipped("test report", "not sent: no agent is set"),
            Some(_) => test_report(&client, &config),
        });
    }
    findings
}

/// Checks name, connection, TLS and clock. Returns whether further checks make sense.
fn reach(config: &Config, findings: &mut Vec<Finding>) -> bool {
    let proxy = proxy::of(config);
    let base = config.base_url().parse::<Uri>().ok();
    let Some(endpoint) = proxy.as_ref().or(base.as_ref()).and_then(Endpoint::of) else {
        // The library reports an invalid base URL.
        return true;
    };
    let Endpoint { host, port, .. } = &endpoint;
    let is_here = proxy.is_none() && config.is_loopback();
    let addresses = match endpoint.resolve(is_here) {
        Ok(addresses) => addresses,
        Err(error) => {
            findings.push(Finding::wrong(
                "name",
                format!("{host} has no address: {error}"),
                "Check the name and this machine's network connection.",
            ));
            return false;
        }
    };
    let listed: Vec<_> = addresses
        .iter()
        .map(|address| address.ip().to_string())
        .collect();
    if listed != [host.as_str()] {
        findings.push(Finding::ok(
            "name",
            format!("{host} is {}", listed.join(", ")),
        ));
    }
    let start = Instant::now();
    let connection = match network::connect(&addresses) {
        Ok(connection) => connection,
        Err(error) => {
            let advice = if config.is_loopback() {
                "Nothing listens there. Start the local platform: xpander-report local"
            } else {
                "Check whether a firewall blocks the connection, or a proxy is needed \
                 (HTTPS_PROXY)."
            };
            findings.push(Finding::wrong("connection", error.to_string(), advice));
            return false;
        }
    };
    findings.push(Finding::ok(
        "connection",
        format!("{host}:{port} answers ({})", millis(start)),
    ));
    if proxy.is_some() {
        return true;
    }
    let asked = SystemTime::now();
    let time = if endpoint.has_tls {
        let Some(client) = tls::client() else {
            findings.push(Finding::skipped("tls", "not checked: see the answer"));
            return true;
        };
        let start = Instant::now();
        match tls::handshake(client, host, connection) {
            Ok(stream) => {
                let version = stream
                    .conn
                    .protocol_version()
                    .and_then(|version| version.as_str());
                let version = version.unwrap_or("TLS").replace('_', ".");
                findings.push(Finding::ok(
                    "tls",
                    format!("{version}, the certificate is trusted ({})", millis(start)),
                ));
                network::time(&endpoint.authority, stream)
            }
            Err(error) => {
                findings.push(Finding::wrong(
                    "tls",
                    error.to_string(),
                    tls::advice(&error),
                ));
                return false;
            }
        }
    } else {
        network::time(&endpoint.authority, connection)
    };
    findings.extend(time.map(|there| clock(asked, there)));
    true
}

fn clock(here: SystemTime, there: SystemTime) -> Finding {
    let (skew, direction) = match here.duration_since(there) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    if skew <= MAX_SKEW {
        return Finding::ok("clock", "as the platform's");
    }
    Finding::new(
        "clock",
        Outcome::Note,
        format!("{} s {direction} the platform's", skew.as_secs()),
    )
    .advise("Check this machine's clock. It orders the updates of a task.")
}

/// Makes one call that changes nothing. Returns whether a relay answered.
fn answer(client: &Client, config: &Config) -> (Finding, bool) {
    const NAME: &str = "answer";
    let start = Instant::now();
    let Some(id) = config.agent_id() else {
        return match client.task_blocking(NO_TASK) {
            Ok(_) => (takes_the_key("the platform", start), false),
            Err(Error::Status(StatusError {
                status: 400 | 404 | 422,
                detail,
                ..
            })) if !is_page(&detail) => {
                let is_relay = says_so(&detail);
                let who = if is_relay {
                    "the relay"
                } else {
                    "the platform"
                };
                (takes_the_key(who, start), is_relay)
            }
            Err(error) => (refused(NAME, &error, "", config), false),
        };
    };
    let finding = match client.agent_blocking(id) {
        Ok(agent) if relay::is_of(&agent) => {
            let says = format!(
                "a relay accepts the key and reports for the agent {} ({})",
                agent.id,
                millis(start)
            );
            return (Finding::ok(NAME, says), true);
        }
        Ok(agent) => {
            let name = match &agent.name {
                Some(name) if *name != agent.id => format!("{name}, {}", agent.id),
                _ => agent.id.clone(),
            };
            Finding::ok(
                NAME,
                format!(
                    "the platform accepts the key and has the agent {name} ({})",
                    millis(start)
                ),
            )
        }
        // The local platform creates an agent with its first report.
        Err(Error::Status(StatusError {
            status: 404,
            detail,
            ..
        })) if detail.contains("the first report creates it") => Finding::ok(
            NAME,
            format!(
                "the platform accepts the key; the first report creates the agent {id} ({})",
                millis(start)
            ),
        ),
        Err(error) => refused(NAME, &error, id, config),
    };
    (finding, false)
}

fn takes_the_key(who: &str, start: Instant) -> Finding {
    Finding::ok(
        "answer",
        format!("{who} accepts the key ({})", millis(start)),
    )
}

/// Sends a report and reads it back, unless a relay accepted it.
fn test_report(client: &Client, config: &Config) -> Finding {
    const NAME: &str = "test report";
    let start = Instant::now();
    let report = TaskReport::new()
        .input("A test report of `xpander-report doctor`.")
        .result("It arrived.");
    let sent = match client.report_external_task_blocking(&report) {
        Ok(task) => task,
        Err(error) => {
            return refused(NAME, &error, config.agent_id().unwrap_or_default(), config);
        }
    };
    if page::is_relayed(&sent) {
        let says = format!(
            "the relay has accepted the task {} ({}) and delivers it; look for it in the agent's history",
            sent.id,
            millis(start)
        );
        return Finding::ok(NAME, says);
    }
    match client.task_blocking(&sent.id) {
        Ok(read) if read.id == sent.id => Finding::ok(
            NAME,
            format!(
                "the task {} arrived and was read back ({}), {}",
                sent.id,
                millis(start),
                page::location(config, &read)
            ),
        ),
        Ok(read) => Finding::wrong(
            NAME,
            format!("the task {} was sent, {} was read back", sent.id, read.id),
            "Check the address, and whether a cache answers in place of the platform.",
        ),
        Err(error) => Finding::wrong(
            NAME,
            format!(
                "the task {} was sent, but cannot be read back: {}",
                sent.id,
                excerpt(&with_causes(&error))
            ),
            "Look for it in the agent's task history.",
        ),
    }
}

/// Explains an error of the platform.
fn refused(name: &'static str, error: &Error, agent: &str, config: &Config) -> Finding {
    let advice = match error {
        Error::Status(StatusError { detail, .. }) if is_page(detail) => not_the_platform(config),
        Error::Status(StatusError { status, .. }) => match status {
            401 => "The platform does not know the key. Copy it again, and check that it belongs \
                    to this platform and is not revoked."
                .to_owned(),
            403 => format!(
                "The platform knows the key but refuses it here. Check that the key may use the \
                 agent `{agent}`, and that both belong to the same organization."
            ),
            404 => format!("The platform has no agent `{agent}` for this key. Copy the id again."),
            300..=399 => not_the_platform(config),
            408 | 425 | 429 | 500..=599 => {
                "The platform answers with an error. Reports wait and are retried.".to_owned()
            }
            _ => "This is not an answer of the platform. Check the address.".to_owned(),
        },
        Error::Decode(_) => not_the_platform(config),
        Error::Config(error) => {
            return Finding::wrong(
                name,
                connection::explain(error),
                "Until then nothing is sent.",
            );
        }
        _ if proxy::of(config).is_some() => "Check that the proxy allows this address.".to_owned(),
        Error::Transport(error) if error.is_timeout => {
            "A server listens there but does not answer. Check the address.".to_owned()
        }
        _ => "The connection was opened but then broke. Try again.".to_owned(),
    };
    Finding::wrong(name, excerpt(&with_causes(error)), advice)
}

fn not_the_platform(config: &Config) -> String {
    format!(
        "The server at {} is not the platform. It may be another server or a proxy's login page. \
         Check the address.",
        config.base_url()
    )
}

fn is_page(detail: &str) -> bool {
    detail.trim_start().starts_with('<')
}

fn millis(start: Instant) -> String {
    format!("{} ms", start.elapsed().as_millis())
}
