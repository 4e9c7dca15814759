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
/// Shows every setting and where it comes from, and what waits in the spool if
/// there is one. Then asks the platform: is its name known, can it be reached, is
/// its certificate trusted, does it take the key, does it have the agent. Nothing
/// is changed there, except with --send. A relay says what it forwards to and how
/// many reports wait there.
///
/// Of the key it shows how long it is, and the last four characters of one that
/// has 16 or more; of a proxy neither user nor password.
///
/// If nothing is wrong here and runs do not appear all the same: the program
/// that should report them may see other variables than this one (run
/// `xpander-report doctor` as the same user, in the same container or service),
/// may be killed before it delivers, or may run functions without the
/// attribute.
///
/// If tasks appear without tokens: their answers are streamed, and some providers
/// count those only when asked. OpenAI and those who speak its API take
/// "stream_options": {"include_usage": true} in the request.
///
/// Exit codes:
///   0  nothing is wrong
///   1  something is wrong; the report says what, and what to do
///   2  an argument is wrong
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Doctor {
    /// Send a test report, read it back and say its id
    #[arg(long)]
    send: bool,

    /// Print the findings as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

/// What no check of the connection finds.
const STREAMS: &str = "Tasks without tokens? Their answers are streamed: set `stream_options.include_usage`, see --help.";

/// All that was found.
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
