use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;

use super::platform::Platform;
use super::record::Record;
use super::row::{dollars, duration, shape};
use crate::connection::Connection;
use crate::failure::{Done, Failure};
use crate::text::{printable, write_json};

/// Show one task
///
/// Exit codes:
///    0  the task is shown
///    1  the platform refuses the request, or returns no raw responses
///    2  an argument or the configuration is wrong
///    3  there is no such task, or it has no raw response
///   75  no answer, or a temporary error: try again later
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report tasks show job-17
  xpander-report tasks show job-17 --raw > response.json"
)]
pub(super) struct Show {
    /// The task's id
    #[arg(allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Print the task as one line of JSON, as the platform returns it; the local platform adds cost_usd
    #[arg(long, conflicts_with = "raw")]
    json: bool,

    /// Print the provider's raw response, byte for byte unless in a terminal; only the local platform has it
    #[arg(long)]
    raw: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Show {
    pub(super) fn run(self) -> Done<ExitCode> {
        let platform = Platform::new(&self.connection)?;
        let task = platform.task(&self.id)?;
        let is_terminal = io::stdout().is_terminal();
        let mut output = io::stdout().lock();
        if self.raw {
            if !task.is_local() {
                return Err(Failure::new(
                    Failure::REFUSED,
                    "this platform does not return the raw responses of tasks; the local \
                     platform does",
                )
                .into());
            }
            let response = platform.response(&self.id)?;
            match is_terminal {
                true => lines(&mut output, "", response.get())?,
                false => writeln!(output, "{}", response.get())?,
            }
        } else if self.json {
            write_json(&mut output, task.json())?;
        } else {
            write(&mut output, &task)?;
        }
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

fn write(output: &mut impl Write, task: &Record) -> io::Result<()> {
    let mut facts = vec![
        ("Task", printable(task.id())),
        (
            "Status",
            format!("{} {}", shape(task.status()), printable(task.status())),
        ),
    ];
    let text = |name| task.text(name).map(printable);
    facts.extend(text("title").map(|title| ("Title", title)));
    facts.extend(text("agent_id").map(|agent| ("Agent", agent)));
    facts.extend(task.duration().map(|seconds| ("Took", duration(seconds))));
    facts.extend(text("started_at").map(|time| ("Started", time)));
    facts.extend(text("finished_at").map(|time| ("Ended", time)));
    if let (Some(prompt), Some(completion)) = (
        task.tokens("prompt_tokens"),
        task.tokens("completion_tokens"),
    ) {
        let mut tokens = format!("{prompt} in, {completion} out");
        for (name, what) in [
            ("cache_read_tokens", "from the cache"),
            ("cache_write_tokens", "into the cache"),
        ] {
            if let Some(count @ 1..) = task.tokens(name) {
                tokens.push_str(&format!(", {count} {what}"));
            }
        }
        facts.push(("Tokens", tokens));
    }
    facts.extend(text("model").map(|model| ("Model", model)));
    if task.is_local() {
        let cost = task.cost().map_or_else(|| "not known".to_owned(), dollars);
        facts.push(("Cost", cost));
    }
    if !task.tools().is_empty() {
        facts.push(("Tools", printable(&task.tools().join(", "))));
    }
    for (name, value) in facts {
        writeln!(output, "{name:<8} {value}")?;
    }
    let failed = if task.is_failed() { "Reason" } else { "Result" };
    for (name, text) in [("Input", task.input()), (failed, task.text("result"))] {
        if let Some(text) = text {
            writeln!(output, "\n{name}")?;
            lines(output, "  ", text)?;
        }
    }
    Ok(())
}

/// The lines of a text, each safe for a terminal.
fn lines(output: &mut impl Write, indent: &str, text: &str) -> io::Result<()> {
    for line in text.lines() {
        let inside = line.trim_start_matches(' ');
        let spaces = line.len() - inside.len();
        writeln!(output, "{indent}{:spaces$}{}", "", printable(inside))?;
    }
    Ok(())
}
