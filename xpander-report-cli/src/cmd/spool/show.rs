use std::io::{self, Write};
use std::process::ExitCode;

use super::directory::{Directory, Unreadable};
use crate::failure::{Done, Failure};
use crate::text::{printable, shorten, utc_time, write_json};
use serde::Serialize;
use xpander_report::{DeadLetter, SpooledReport, TaskReport};

/// How many characters of an input a line shows.
const MAX_CHARS: usize = 60;

/// Show the waiting reports, or one in full
///
/// Without an id, it prints one line per report: task, agent, time and the start of
/// the input. With an id, it prints everything that will be sent.
///
/// Exit codes:
///   0   the reports are shown
///   1   there is no report of this task
///   2   an argument is wrong
///   66  a file cannot be read; the others are shown
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report spool show
  xpander-report spool show job-17
  xpander-report spool show --dead --json"
)]
pub(super) struct Show {
    /// The id of a task
    #[arg(value_name = "TASK")]
    id: Option<String>,

    /// Show the reports that the platform refused, with the reason
    #[arg(long)]
    dead: bool,

    #[command(flatten)]
    directory: Directory,

    /// Print one line of JSON per report
    #[arg(long)]
    json: bool,
}

/// A report in the spool.
#[derive(Serialize)]
struct ReportView {
    agent_id: Option<String>,
    platform: String,
    /// When it was accepted, or refused.
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    report: TaskReport,
}

impl Show {
    pub(super) fn run(self) -> Done<ExitCode> {
        let spool = self.directory.open()?;
        let mut unreadable = Unreadable::default();
        let shown: Box<dyn Iterator<Item = _>> = match self.dead {
            true => Box::new(spool.dead_letters().map(|it| it.map(ReportView::from))),
            false => Box::new(spool.waiting().map(|it| it.map(ReportView::from))),
        };
        let is_meant = |shown: &ReportView| self.id.is_none() || shown.report.id == self.id;
        let mut out = io::stdout().lock();
        let mut count = 0;
        for shown in shown {
            let Some(shown) = unreadable.readable(shown).filter(is_meant) else {
                continue;
            };
            count += 1;
            match (self.json, &self.id) {
                (true, _) => write_json(&mut out, &shown)?,
                (false, None) => shown.write_line(&mut out)?,
                (false, Some(_)) => shown.write_all(&mut out)?,
            }
        }
        out.flush()?;
        if let Some(id) = self.id.filter(|_| count == 0) {
            let other = if self.dead { "waits" } else { "was refused" };
            let flag = if self.dead { "leave out" } else { "use" };
            return Err(Failure::new(
                Failure::REFUSED,
                format!("there is no report of task {id}; if it {other}, {flag} --dead"),
            )
            .into());
        }
        Ok(unreadable.exit_code())
    }
}

impl ReportView {
    fn write_line(&self, out: &mut impl Write) -> io::Result<()> {
        let says = self.refused.as_ref().or(self.report.input.as_ref());
        let says = printable(says.map_or("", String::as_str));
        let shown = shorten(&says, MAX_CHARS);
        writeln!(
            out,
            "{}  {}  {}  {shown}",
            printable(self.report.id.as_deref().unwrap_or("-")),
            printable(self.agent_id.as_deref().unwrap_or("-")),
            self.since
        )
    }

    fn write_all(&self, out: &mut impl Write) -> io::Result<()> {
        let line = |out: &mut dyn Write, name: &str, value: Option<String>| match value {
            Some(value) => writeln!(out, "{name:<13} {}", printable(&value)),
            None => Ok(()),
        };
        let report = &self.report;
        line(out, "task", report.id.clone())?;
        line(out, "agent", self.agent_id.clone())?;
        line(out, "platform", Some(self.platform.clone()))?;
        line(out, "since", Some(self.since.clone()))?;
        line(out, "refused", self.refused.clone())?;
        line(out, "success", report.is_success.map(|is| is.to_string()))?;
        line(out, "duration", report.duration.map(|s| format!("{s} s")))?;
        let tokens = report.tokens.map(|tokens| {
            let [prompt, completion] = [tokens.prompt_tokens, tokens.completion_tokens];
            format!(
                "{} in, {} out",
                prompt.unwrap_or(0),
                completion.unwrap_or(0)
            )
        });
        line(out, "tokens", tokens)?;
        let tools = Some(report.used_tools.join(", "));
        line(out, "tools", tools.filter(|tools| !tools.is_empty()))?;
        line(out, "input", report.input.clone())?;
        line(out, "result", report.result.clone())?;
        let response = report.llm_response.as_ref();
        line(out, "response", response.map(|raw| raw.get().to_owned()))?;
        writeln!(out)
    }
}

impl From<SpooledReport> for ReportView {
    fn from(spooled: SpooledReport) -> Self {
        Self {
            agent_id: spooled.report.agent_id.clone(),
            platform: spooled.platform,
            since: utc_time(spooled.accepted_at),
            refused: None,
            report: spooled.report,
        }
    }
}

impl From<DeadLetter> for ReportView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            agent_id: Some(letter.agent_id),
            platform: letter.platform,
            since: utc_time(letter.refused_at),
            refused: Some(letter.reason),
            report: letter.report,
        }
    }
}
