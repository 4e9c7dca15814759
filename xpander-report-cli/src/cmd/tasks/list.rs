use std::collections::HashMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use super::conditions::Conditions;
use super::platform::Platform;
use super::record::Record;
use super::row::Layout;
use crate::connection::Connection;
use crate::failure::{Done, Failure};
use crate::text::{count, printable, write_json};

/// How many tasks one request asks for.
const PER_PAGE: usize = 50;

/// How many tasks are checked if the platform lacks a filter: when the list has the fields for it, and when each task
/// must be fetched.
const MAX_LISTED: usize = 500;
const MAX_ASKED: usize = 200;

/// The time between two requests of --follow.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many tasks --follow remembers.
const MAX_REMEMBERED: usize = 10_000;

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

    /// Keep running, and print new tasks and changes of status, newest last, until Ctrl-C
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
            listing.follow(&tasks)?;
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
}

impl Listing {
    fn find(&self) -> Result<Found, Failure> {
        let conditions = &self.list.conditions;
        let limit = self.list.limit as usize;
        let most = match conditions.needs_whole_tasks() {
            true => MAX_ASKED,
            false => MAX_LISTED,
        };
        let mut tasks: Vec<Record> = Vec::new();
        let mut seen = HashMap::new();
        let mut looked_at = 0;
        let mut is_elsewhere = false;
        'pages: for number in 1.. {
            let page = self.page(number, PER_PAGE)?;
            let is_last = page.len() < PER_PAGE;
            for task in page {
                // New tasks move others to the next page.
                if seen.insert(task.id().to_owned(), ()).is_some() {
                    continue;
                }
                is_elsewhere |= !task.is_local();
                if is_elsewhere && looked_at == most {
                    break 'pages;
                }
                looked_at += 1;
                if conditions.select(&task, &self.platform)? {
                    tasks.push(task);
                    if tasks.len() == limit {
                        break 'pages;
                    }
                }
            }
            if is_last {
                break;
            }
        }
        let flags = conditions.unknown_elsewhere();
        let note = (is_elsewhere && !flags.is_empty()).then(|| {
            format!(
                "The platform has no filter for {}: its newest {} filtered here.",
                flags.join(", "),
                count(looked_at, "task was", "tasks were")
            )
        });
        Ok(Found { tasks, note })
    }

    fn page(&self, number: usize, per_page: usize) -> Result<Vec<Record>, Failure> {
        let mut parameters = self.list.conditions.parameters();
        parameters.push(("page", number.to_string()));
        parameters.push(("per_page", per_page.to_string()));
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.platform.page(self.agent.as_deref(), &parameters)
    }

    /// Writes new tasks and changes of status, until the output is closed or a request is refused.
    fn follow(&self, written: &[Record]) -> Done {
        let known = |task: &Record| (task.id().to_owned(), task.status().to_owned());
        let mut statuses: HashMap<String, String> = written.iter().map(known).collect();
        let mut was_told = false;
        loop {
            thread::sleep(INTERVAL);
            let page = match self.page(1, PER_PAGE) {
                Ok(page) => page,
                Err(failure) if failure.is_passing() => {
                    if !was_told {
                        let _ = writeln!(io::stderr(), "{}", printable(&failure.to_string()));
                    }
                    was_told = true;
                    continue;
                }
                Err(failure) => return Err(failure.into()),
            };
            was_told = false;
            if statuses.len() > MAX_REMEMBERED {
                statuses.retain(|id, _| page.iter().any(|task| task.id() == id));
            }
            for task in page.iter().rev() {
                if statuses.get(task.id()).map(String::as_str) == Some(task.status()) {
                    continue;
                }
                let (id, status) = known(task);
                statuses.insert(id, status);
                if self.list.conditions.select(task, &self.platform)? {
                    self.write(task)?;
                }
            }
        }
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
