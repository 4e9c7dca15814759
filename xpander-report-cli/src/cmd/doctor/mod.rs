mod checks;
mod finding;
mod network;
mod proxy;
mod relay;
mod settings;
mod spool;
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use self::finding::{Finding, Outcome};
use crate::connection::Connection;
use crate::failure::Done;
use crate::text::{printable, write_json};

/// Find out why nothing arrives
///
/// Shows every setting, where it comes from, and the reports in the spool. Then
/// checks the platform: its name, the connection, the certificate, the key and the
/// agent. It changes nothing there, except with --send. For a relay it also shows
/// the platform behind it and how many reports wait.
///
/// It shows the length of the key, and its last four characters if it has 16 or
/// more. It shows no user or password of a proxy.
///
/// If nothing is wrong but runs do not appear, check the program:
///   - It may have another environment. Run `xpander-report doctor` as the same
///     user, in the same container or service.
///   - It may be killed before it delivers.
///   - Its functions may not have the attribute.
///
/// If streamed tasks have no tokens, the provider was not asked for them. OpenAI
/// and compatible servers need "stream_options": {"include_usage": true} in the
/// request.
///
/// Exit codes:
///   0  nothing is wrong
///   1  something is wrong; the output says what, and what to do
///   2  an argument is wrong
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report doctor
  xpander-report doctor --send
  docker exec my-worker xpander-report doctor --json"
)]
pub(crate) struct Doctor {
    /// Send a test report, read it back and print its id
    #[arg(long)]
    send: bool,

    /// Print the findings as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

/// The causes that no check of the connection finds.
const STREAMS: &str = "If streamed tasks have no tokens, set `stream_options.include_usage` in \
                       the request; see --help.";

/// All findings.
#[derive(Serialize)]
struct Diagnosis {
    ok: bool,
    settings: Vec<Finding>,
    checks: Vec<Finding>,
}

impl Doctor {
    pub(crate) fn run(self) -> Done<ExitCode> {
        let builder = self.connection.config()?;
        let settings = settings::check(&builder);
        let mut checks = spool::check(&builder);
        checks.extend(checks::run(builder, self.send));
        let is_wrong = |finding: &Finding| finding.outcome == Outcome::Wrong;
        let diagnosis = Diagnosis {
            ok: !settings.iter().chain(&checks).any(is_wrong),
            settings,
            checks,
        };
        let mut output = io::stdout().lock();
        if self.json {
            write_json(&mut output, &diagnosis)?;
        } else {
            diagnosis.write(&mut output, self.send)?;
        }
        Ok(ExitCode::from(u8::from(!diagnosis.ok)))
    }
}

impl Diagnosis {
    fn write(&self, output: &mut impl Write, sent: bool) -> io::Result<()> {
        for (title, findings) in [("Settings", &self.settings), ("Checks", &self.checks)] {
            writeln!(output, "{title}")?;
            for finding in findings {
                finding.write(output)?;
            }
            writeln!(output)?;
        }
        let wrong: Vec<_> = self
            .settings
            .iter()
            .chain(&self.checks)
            .filter(|finding| finding.outcome == Outcome::Wrong)
            .map(|finding| finding.name)
            .collect();
        let sum = match wrong.len() {
            0 if sent => "Nothing is wrong.".to_owned(),
            0 => {
                "Nothing is wrong. To see a report arrive: xpander-report doctor --send".to_owned()
            }
            1 => format!("One thing is wrong: {}.", wrong.join(", ")),
            count => format!("{count} things are wrong: {}.", wrong.join(", ")),
        };
        writeln!(output, "{}", printable(&sum))?;
        if wrong.is_empty() {
            writeln!(output, "{STREAMS}")?;
        }
        Ok(())
    }
}
