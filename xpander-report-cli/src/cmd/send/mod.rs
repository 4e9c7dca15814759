mod content;
mod task;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use serde_json::value::RawValue;
use xpander_report::testing::Recorder;
use xpander_report::{Client, ConfigBuilder, Redaction, Task, TaskReport};

use self::content::Content;
use self::task::TaskJson;
use crate::connection::Connection;
use crate::failure::{Done, Failure};
use crate::text::{printable, without_bom, write_json};
use crate::{connection, duration, page};

/// Report one task to the platform
///
/// For shells, cron jobs and programs in any language. Each flag is a parameter
/// of the platform's call, and all are optional. It sends one request and does not
/// retry.
///
/// --input, --result and --llm-response take text, @FILE for the content of a file,
/// or - for standard input. To send text that begins with @, double it: @@home.
///
/// If --llm-response is the response of a known provider (see `xpander-report
/// extract`), the result, tokens, tools and failure are read from it, unless you
/// set them.
///
/// Exit codes:
///    0  the platform has the report
///    1  the platform refuses the report, and would refuse it again
///    2  an argument, a file or the configuration is wrong; nothing was sent
///   74  the platform has the report, but nothing could be printed
///   75  no answer, or a temporary error: try again later; with --id, repeated
///       attempts create one task only
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report send --id \"$JOB\" --input @ask.txt --llm-response @answer.json
  xpander-report send --failed --result \"the model timed out\" --duration 30
  make-report | xpander-report send --id nightly --result -"
)]
pub(crate) struct Send {
    /// The task's id; the same id again updates the task [default: the platform makes one]
    #[arg(long, allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    id: Option<String>,

    /// The input of the run
    #[arg(long, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    input: Option<Content>,

    /// The provider's response, as JSON; kept for debugging
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    llm_response: Option<Content>,

    /// The result of the run, or its error
    #[arg(long, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    result: Option<Content>,

    /// The run failed
    #[arg(long)]
    failed: bool,

    /// The run succeeded, whatever the response says
    #[arg(long, conflicts_with = "failed")]
    succeeded: bool,

    /// The duration of the run, in seconds or with units: 4.7, 250ms, 1m30s
    #[arg(long, value_name = "SECONDS", value_parser = duration::seconds)]
    duration: Option<Duration>,

    /// A tool that the run called; repeat the flag for each call, in order
    #[arg(long = "tool", value_name = "NAME", allow_hyphen_values = true)]
    tools: Vec<String>,

    /// Tokens in the prompt
    #[arg(long, value_name = "N")]
    prompt_tokens: Option<u64>,

    /// Tokens in the completion
    #[arg(long, value_name = "N")]
    completion_tokens: Option<u64>,

    /// Prompt tokens read from the provider's cache
    #[arg(long, value_name = "N")]
    cache_read_tokens: Option<u64>,

    /// Prompt tokens written to the provider's cache
    #[arg(long, value_name = "N")]
    cache_write_tokens: Option<u64>,

    /// Print the platform's record of the task as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Send {
    pub(crate) fn run(self) -> Done<ExitCode> {
        let builder = self.connection.config()?;
        let redaction = redaction(&builder)?;
        let config = builder
            .build()
            .map_err(|error| Failure::usage(connection::explain(&error)))?;
        let json = self.json;
        let report = self.report(redaction)?;
        let task = Client::new(config.clone())
            .report_external_task_blocking(&report)
            .map_err(|error| connection::failure(&error))?;
        let shown = match json {
            true => write_json(&mut io::stdout().lock(), &TaskJson(&task)),
            false => write_line(&task, &page::location(&config, &task)),
        };
        shown.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => error.into(),
            _ => Box::<dyn std::error::Error>::from(Failure::new(
                Failure::NOT_SHOWN,
                format!(
                    "the platform has the report as task {}, but: {error}",
                    task.id
                ),
            )),
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The report, completed from its response.
    fn report(self, redaction: Redaction) -> Result<TaskReport, Failure> {
        let contents = [&self.input, &self.llm_response, &self.result];
        if contents
            .into_iter()
            .flatten()
            .filter(|content| content.is_input())
            .count()
            > 1
        {
            return Err(Failure::usage(
                "only one of --input, --llm-response and --result can be -: standard input is read once",
            ));
        }
        let mut given = TaskReport::new();
        given.is_success = match (self.failed, self.succeeded) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        given.input = self.input.map(|input| input.read("--input")).transpose()?;
        given.result = self
            .result
            .map(|result| result.read("--result"))
            .transpose()?;
        given.llm_response = self.llm_response.map(response).transpose()?;
        given.duration = self.duration.map(|duration| duration.as_secs_f64());
        given.used_tools = self.tools;

        // A recorder prepares a report exactly as a reporter does.
        let recorder = Recorder::with_redaction(redaction);
        recorder.reporter().report(given);
        let mut report = recorder.take().pop().unwrap_or_default();
        report.id = self.id;

        let counts = [
            self.prompt_tokens,
            self.completion_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
        ];
        if counts.iter().any(Option::is_some) {
            let [prompt, completion, cache_read, cache_write] = counts;
            let mut tokens = report.tokens.unwrap_or_default();
            tokens.prompt_tokens = prompt.or(tokens.prompt_tokens);
            tokens.completion_tokens = completion.or(tokens.completion_tokens);
            tokens.cache_read_tokens = cache_read.or(tokens.cache_read_tokens);
            tokens.cache_write_tokens = cache_write.or(tokens.cache_write_tokens);
            report.tokens = Some(tokens);
        }
        Ok(report)
    }
}

/// The redaction that the environment configures, as for a reporter.
fn redaction(builder: &ConfigBuilder) -> Result<Redaction, Failure> {
    let settings = builder.settings();
    let is_on = |name| {
        let setting = settings.iter().find(|setting| setting.name == name);
        match setting.and_then(|setting| setting.problem.as_ref()) {
            Some(problem) => Err(Failure::usage(problem)),
            None => Ok(setting.and_then(|it| it.value.as_deref()) != Some("false")),
        }
    };
    Ok(Redaction::new()
        .max_bytes(usize::MAX)
        .capture_content(is_on("capture_content")?)
        .scrub(is_on("scrub")?))
}

fn response(content: Content) -> Result<Box<RawValue>, Failure> {
    const FLAG: &str = "--llm-response";
    let text = content.read(FLAG)?;
    RawValue::from_string(without_bom(&text).to_owned()).map_err(|error| {
        Failure::usage(format_args!(
            "{FLAG} is not JSON: {error} (use --result for text)"
        ))
    })
}

fn write_line(task: &Task, location: &str) -> io::Result<()> {
    let status = task
        .status
        .as_ref()
        .map_or("no status", |status| status.as_str());
    let line = format!("reported task {} ({status}), {location}", task.id);
    writeln!(io::stdout().lock(), "{}", printable(&line))
}
