use std::collections::HashSet;
use std::io::{self, Write};
use std::process::ExitCode;

use super::conditions::Conditions;
use super::follow::Follow;
use super::known::Known;
use super::newest::Source;
use super::platform::Platform;
use super::record::Record;
use super::row::Layout;
use crate::connection::Connection;
use crate::failure::{Done, Failure};
use crate::text::{count, write_json};

/// How many tasks are checked if the platform lacks a filter: when the list has the fields for it, and when each task
/// must be fetched.
const MAX_LISTED: usize = 500;
const MAX_ASKED: usize = 200;

/// List tasks, newest first
///
/// In a terminal each task has two lines: status, time, duration, tokens in and
/// out, cost, model, agent and id; then input and result.
///
/// Otherwise each task has one line with these columns, separated by single spaces.
/// An unknown value is -, and a space inside a column is \u{20}:
///
///   created-at status seconds tokens-in tokens-out dollars id agent model result…
///
/// If the platform lacks a filter, the program applies it to the newest tasks; a
/// message says to how many.
///
/// Exit codes:
///    0  tasks are listed
///    1  the platform refuses the request
///    2  an argument or the configuration is wrong
///    3  no task matches
///   75  no answer, or a temporary error: try again later
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report tasks list --failed --since 1h
  xpander-report tasks list --all-agents --json -n 1000
  xpander-report tasks list --follow"
)]
pub(super) struct List {
    #[command(flatten)]
    conditions: Conditions,

    /// List the tasks of all agents [default: the agent that --agent-id or XPANDER_AGENT_ID names, if any]
    #[arg(long, conflicts_with = "agent_id")]
    all_agents: bool,

    /// The most tasks to list
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    /// Print each task as one line of JSON, as the platform returns it; the local platform adds cost_usd
    #[arg(long)]
    json: bool,

    /// Keep running, and print new tasks and changes of status among the newest tasks, newest last, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    #[command(flatten)]
    connection: Connection,
}

impl List {
    pub(super) fn run(self) -> Done<ExitCode> {
        let platform = Platform::new(&self.connection)?;
        let agent = match self.all_agents {
            true => None,
            false => platform.config.agent_id().map(str::to_owned),
        };
        let listing = Listing {
            layout: Layout::of_output(),
            list: self,
            platform,
            agent,
        };
        let found = listing.find()?;
        if let Some(note) = &found.note {
            let _ = writeln!(io::stderr(), "{note}");
        }
        let mut tasks = found.tasks;
        if listing.list.follow {
            tasks.reverse();
        }
        for task in &tasks {
            listing.write(task)?;
        }
        if listing.list.follow {
            Follow::new(listing.source(), found.known).run(|task| listing.write(task))?;
        }
        Ok(match tasks.is_empty() {
            true => ExitCode::from(Failure::NONE),
            false => ExitCode::SUCCESS,
        })
    }
}

struct Listing {
    list: List,
    platform: Platform,
    agent: Option<String>,
    layout: Layout,
}

/// The tasks that match, and a message about them for the user.
struct Found {
    tasks: Vec<Record>,
    note: Option<String>,
    /// All tasks of the pages that were read.
    known: Known,
}

impl Listing {
    fn source(&self) -> Source<'_> {
        Source {
            platform: &self.platform,
            agent: self.agent.as_deref(),
            conditions: &self.list.conditions,
        }
    }

    fn find(&self) -> Result<Found, Failure> {
        let conditions = &self.list.conditions;
        let limit = self.list.limit as usize;
        let most = match conditions.needs_whole_tasks() {
            true => MAX_ASKED,
            false => MAX_LISTED,
        };
        let mut newest = self.source().newest();
        let mut tasks: Vec<Record> = Vec::new();
        let mut seen = HashSet::new();
        let mut missing = Vec::new();
        while tasks.len() < limit
            && let Some(task) = newest.next()?
        {
            if seen.contains(task.id()) {
                continue;
            }
            missing = conditions.missing_filters(&task, missing);
            if !missing.is_empty() && seen.len() >= most {
                break;
            }
            seen.insert(task.id().to_owned());
            if conditions.select(&task, &self.platform)? {
                tasks.push(task);
            }
        }
        let note = (!missing.is_empty()).then(|| {
            format!(
                "The platform has no filter for {}: its newest {} filtered here.",
                missing.join(", "),
                count(seen.len(), "task was", "tasks were")
            )
        });
        Ok(Found {
            tasks,
            note,
            known: newest.known,
        })
    }

    fn write(&self, task: &Record) -> io::Result<()> {
        let mut output = io::stdout().lock();
        match self.list.json {
            true => write_json(&mut output, task.json()),
            false => {
                self.layout.write(&mut output, task)?;
                output.flush()
            }
        }
    }
}
