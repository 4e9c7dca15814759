use std::io::{self, Write};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Deserialize;
use xpander_report::relay::Ask;
use xpander_report_relay::DeadLetterEntry;

use super::remote::Target;
use crate::failure::Done;
use crate::text::{count, printable, shorten, utc_time, write_json};

const CALL: &str = "dead-letters";
/// How many characters of a reason are shown.
const MAX_CHARS: usize = 120;

/// List, retry or delete the reports that the platform refused
///
/// They stay at the relay until they are retried or deleted. A token for all agents
/// is needed.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report relay dead-letters list
  xpander-report relay dead-letters retry job-17
  xpander-report relay dead-letters purge"
)]
pub(super) struct DeadLetters {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List dead letters: task, agent, time and reason
    #[command(after_help = "Examples:
  xpander-report relay dead-letters list
  xpander-report relay dead-letters list --json")]
    List {
        /// Print one line of JSON per report
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        target: Target,
    },
    /// Send dead letters again, after the cause was fixed
    #[command(after_help = "Examples:
  xpander-report relay dead-letters retry
  xpander-report relay dead-letters retry job-17")]
    Retry(Chosen),
    /// Delete dead letters
    #[command(after_help = "Examples:
  xpander-report relay dead-letters purge
  xpander-report relay dead-letters purge job-17")]
    Purge(Chosen),
}

#[derive(Debug, clap::Args)]
struct Chosen {
    /// The ids of tasks [default: all]
    #[arg(value_name = "TASK")]
    ids: Vec<String>,

    #[command(flatten)]
    target: Target,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "retried", alias = "deleted")]
    count: usize,
}

impl DeadLetters {
    pub(super) fn run(self) -> Done<ExitCode> {
        let mut out = io::stdout().lock();
        match self.command {
            Command::List { json, target } => {
                let letters: Vec<DeadLetterEntry> = target.ask(Ask::Get, &[CALL])?;
                for letter in &letters {
                    if json {
                        write_json(&mut out, letter)?;
                        continue;
                    }
                    let reason = printable(&letter.reason);
                    writeln!(
                        out,
                        "{}  {}  {}  {}",
                        printable(&letter.task_id),
                        printable(&letter.agent_id),
                        utc_time(letter.refused_at()),
                        shorten(&reason, MAX_CHARS)
                    )?;
                }
            }
            Command::Retry(chosen) => {
                let retried = chosen.each(Ask::Post)?;
                let says = count(retried, "report is", "reports are");
                writeln!(out, "{says} sent again.")?;
            }
            Command::Purge(chosen) => {
                let deleted = chosen.each(Ask::Delete)?;
                let says = count(deleted, "report is", "reports are");
                writeln!(out, "{says} deleted.")?;
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Chosen {
    /// Asks for each task, or for all. Returns for how many reports it was done.
    fn each(&self, ask: Ask) -> Done<usize> {
        if self.ids.is_empty() {
            let done: Answer = self.target.ask(ask, &[CALL])?;
            return Ok(done.count);
        }
        let mut all = 0;
        for id in &self.ids {
            let done: Answer = self.target.ask(ask, &[CALL, id])?;
            all += done.count;
        }
        Ok(all)
    }
}
