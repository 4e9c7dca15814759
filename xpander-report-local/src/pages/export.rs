//! Exports the tasks of a filter as a file.

use std::collections::{HashMap, VecDeque};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Zoned;
use serde::Serialize;
use serde_json::value::RawValue;

use super::view::PageProblem;
use super::zone;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::query_string::QueryString;
use crate::model::cost::Cost;
use crate::model::task::{TaskRecord, TaskStatus, Tokens};
use crate::query::cursor::Paging;
use crate::query::filter::Filter;
use crate::store::Store;

/// How many tasks are looked up at once.
const MAX_LOOKED_UP: u32 = 200;

/// A chunk of the answer ends with the task that reaches this size.
const CHUNK_BYTES: usize = 256 * 1024;

/// `GET /tasks.csv`: a row for each task, without raw responses.
pub(super) async fn csv(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    export(app, parameters, Format::Csv)
}

/// `GET /tasks.jsonl`: a JSON object for each task, with its raw response.
pub(super) async fn jsonl(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    export(app, parameters, Format::Jsonl)
}

fn export(
    app: App,
    parameters: HashMap<String, String>,
    format: Format,
) -> Result<Response, PageProblem> {
    let mut query_string = QueryString::new(parameters);
    let filter = query_string.filter(&zone::zone());
    let export = Export {
        filter: query_string.finish(filter)?,
        format,
        keys: VecDeque::new(),
        next: Some(Paging::Newest),
        begun: false,
    };
    let chunks = stream::try_unfold((app, export), |(app, mut export)| async {
        let (chunk, export) = app
            .run(move |store| Ok((export.chunk(store)?, export)))
            .await
            .map_err(|problem| std::io::Error::other(problem.message()))?;
        Ok::<_, std::io::Error>(chunk.map(|chunk| (chunk, (app, export))))
    });
    let (content_type, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let name = format!("tasks-{}.{ending}", Zoned::now().strftime("%Y-%m-%d-%H%M"));
    Ok((
        [
            (CONTENT_TYPE, content_type.to_owned()),
            (
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ],
        Body::from_stream(chunks),
    )
        .into_response())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

/// The progress of an export. Tasks that arrive after its start are newer than its first task and not part of
/// it.
struct Export {
    filter: Filter,
    format: Format,
    /// The ids and organizations of the next tasks.
    keys: VecDeque<(String, String)>,
    /// The page after those tasks. `None` if there is none.
    next: Option<Paging>,
    begun: bool,
}

impl Export {
    /// `None` at the end.
    fn chunk(&mut self, store: &Store) -> Result<Option<Vec<u8>>, Problem> {
        let mut chunk = Vec::new();
        if !self.begun && self.format == Format::Csv {
            row(&mut chunk, COLUMNS.map(str::to_owned));
        }
        self.begun = true;
        while chunk.len() < CHUNK_BYTES {
            let Some((id, organization)) = self.key(store)? else {
                break;
            };
            // A task may have been deleted since its key was found.
            if let Some(task) = store.task(&id, Some(&organization))? {
                match self.format {
                    Format::Csv => row(&mut chunk, cells(&task)),
                    Format::Jsonl => line(&mut chunk, &task)?,
                }
            }
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    fn key(&mut self, store: &Store) -> Result<Option<(String, String)>, Problem> {
        if self.keys.is_empty()
            && let Some(paging) = self.next.take()
        {
            let page = store.list(&self.filter, paging, MAX_LOOKED_UP)?;
            self.next = page.older.map(Paging::Older);
            let tasks = page.tasks.into_iter();
            self.keys = tasks.map(|task| (task.id, task.organization_id)).collect();
        }
        Ok(self.keys.pop_front())
    }
}

const COLUMNS: [&str; 19] = [
    "id",
    "organization_id",
    "agent_id",
    "status",
    "created_at",
    "updated_at",
    "started_at",
    "finished_at",
    "duration",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "model",
    "cost_usd",
    "used_tools",
    "input",
    "result",
];

fn cells(task: &TaskRecord) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| escape_formula(text.as_deref().unwrap_or_default());
    let time =
        |time: Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let tokens = |of: fn(&Tokens) -> i64| {
        task.tokens
            .as_ref()
            .map(|tokens| of(tokens).to_string())
            .unwrap_or_default()
    };
    [
        escape_formula(&task.id),
        escape_formula(&task.organization_id),
        escape_formula(&task.agent_id),
        task.status.to_string(),
        task.created_at.to_string(),
        task.updated_at.to_string(),
        time(task.started_at),
        time(task.finished_at),
        task.duration
            .map(|seconds| seconds.to_string())
            .unwrap_or_default(),
        tokens(|tokens| tokens.prompt_tokens),
        tokens(|tokens| tokens.completion_tokens),
        tokens(|tokens| tokens.total_tokens),
        tokens(|tokens| tokens.cache_read_tokens),
        tokens(|tokens| tokens.cache_write_tokens),
        escape_formula(&task.models.join(", ")),
        task.cost.map(|cost| cost.to_string()).unwrap_or_default(),
        escape_formula(&task.used_tools.join(", ")),
        text(&task.input),
        text(&task.result),
    ]
}

/// A spreadsheet computes a cell that begins like this as a formula. An apostrophe in front makes it text.
fn escape_formula(text: &str) -> String {
    let begins = text.trim_start_matches([' ', '\n', '\u{feff}', '\u{a0}', '\u{3000}']);
    if begins.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn row(csv: &mut Vec<u8>, cells: [String; COLUMNS.len()]) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            csv.push(b',');
        }
        if cell.contains(['"', ',', '\n', '\r', ';', '\t']) {
            csv.extend_from_slice(format!("\"{}\"", cell.replace('"', "\"\"")).as_bytes());
        } else {
            csv.extend_from_slice(cell.as_bytes());
        }
    }
    csv.extend_from_slice(b"\r\n");
}

fn line(jsonl: &mut Vec<u8>, task: &TaskRecord) -> Result<(), Problem> {
    #[derive(Serialize)]
    struct Line<'a> {
        id: &'a str,
        organization_id: &'a str,
        agent_id: &'a str,
        status: TaskStatus,
        created_at: jiff::Timestamp,
        updated_at: jiff::Timestamp,
        started_at: Option<jiff::Timestamp>,
        finished_at: Option<jiff::Timestamp>,
        duration: Option<f64>,
        tokens: Option<Tokens>,
        model: Option<String>,
        cost_usd: Option<f64>,
        used_tools: &'a [String],
        input: Option<&'a str>,
        result: Option<&'a str>,
        llm_response: Option<Box<RawValue>>,
    }
    let response = task.llm_response.as_deref().map(one_line).transpose();
    let line = Line {
        id: &task.id,
        organization_id: &task.organization_id,
        agent_id: &task.agent_id,
        status: task.status,
        created_at: task.created_at,
        updated_at: task.updated_at,
        started_at: task.started_at,
        finished_at: task.finished_at,
        duration: task.duration,
        tokens: task.tokens,
        model: (!task.models.is_empty()).then(|| task.models.join(", ")),
        cost_usd: task.cost.map(Cost::dollars),
        used_tools: &task.used_tools,
        input: task.input.as_deref(),
        result: task.result.as_deref(),
        llm_response: response.map_err(Problem::internal)?,
    };
    serde_json::to_writer(&mut *jsonl, &line).map_err(Problem::internal)?;
    jsonl.push(b'\n');
    Ok(())
}

/// The JSON on one line. It can have line breaks only between its tokens.
fn one_line(json: &str) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(json.replace(['\n', '\r'], " ").trim().to_owned())
}
