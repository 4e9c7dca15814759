use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use xpander_report::relay::Ask;
use xpander_report_relay::Status as Found;

use super::remote::Target;
use crate::failure::Done;
use crate::text::{printable, write_json};

/// Show the status of a relay
///
/// Shows the platform behind it, how many reports wait and for how long, counters
/// of all reports, and problems.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report relay status
  xpander-report relay status --json"
)]
pub(super) struct Status {
    /// Print one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    target: Target,
}

impl Status {
    pub(super) fn run(self) -> Done<ExitCode> {
        let status: Found = self.target.ask(Ask::Get, &[])?;
        let mut out = io::stdout().lock();
        if self.json {
            write_json(&mut out, &status)?;
        } else {
            write(&status, &mut out)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(status: &Found, out: &mut impl Write) -> io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<13} {}", printable(&value));
    line(
        "relay",
        format!("{}, version {}", status.relay, status.version),
    )?;
    line("forwards to", status.forwards_to.clone())?;
    let forwarder = match (&status.forwarder, status.is_forwarding) {
        (_, true) => "this relay".to_owned(),
        (Some(other), false) => format!("the relay {other}"),
        (None, false) => "none at the moment".to_owned(),
    };
    line("forwarder", forwarder)?;
    if let Some(stream) = &status.stream {
        let says = format!(
            "{}, {} of {} MiB, replicas: {}",
            stream.name,
            stream.bytes >> 20,
            stream.max_bytes >> 20,
            stream.replicas
        );
        line("stream", says)?;
    }
    let age = status.oldest_seconds.map_or_else(String::new, |seconds| {
        format!(", the oldest for {}", age(seconds))
    });
    line("waiting", format!("{}{age}", status.waiting))?;
    line("accepted", status.accepted.to_string())?;
    if status.adopted > 0 {
        let source = match status.stream {
            Some(_) => "the stream",
            None => "an earlier process",
        };
        line("taken", format!("{} from {source}", status.adopted))?;
    }
    let gone = status.delivered + status.merged + status.superseded;
    line("delivered", gone.to_string())?;
    line("dead letters", status.dead_letters.to_string())?;
    for (name, counts) in [("dropped", &status.dropped), ("refused", &status.refused)] {
        let counts = counts.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<_> = counts
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        if !counts.is_empty() {
            line(name, counts.join(", "))?;
        }
    }
    let state = match (status.is_key_refused, status.is_platform_away) {
        (true, _) => "refuses the key; no report is accepted until this is fixed",
        (false, true) => "fails; reports wait",
        (false, false) => "nothing is wrong",
    };
    line("platform", state.to_owned())?;
    let parked = status.stream.iter().flat_map(|it| &it.parked_agents);
    for agent in parked {
        let says = format!("{}: {} are parked", agent.agent_id, agent.waiting);
        line("agent", says)?;
    }
    for agent in &status.failing_agents {
        let error = agent
            .error
            .as_deref()
            .unwrap_or("its reports are not delivered");
        let says = format!("{}: {} wait, {error}", agent.agent_id, agent.waiting);
        line("agent", says)?;
    }
    if let Some(error) = status.last_error.as_ref().filter(|_| status.waiting > 0) {
        line("last error", error.clone())?;
    }
    out.flush()
}

/// A time as people say it.
pub(crate) fn age(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds)
        .unwrap_or_default()
        .as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
