use std::io::{self, IsTerminal, Write};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::record::Record;
use crate::text::{printable, shorten};

/// The assumed width of a terminal whose width is unknown.
const DEFAULT_WIDTH: usize = 100;

/// The format of a task: for people, or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Two lines, at most as wide as the terminal.
    Terminal { width: usize },
    /// One line of columns that single spaces separate.
    Plain,
}

impl Layout {
    pub(super) fn of_output() -> Self {
        match io::stdout().is_terminal() {
            true => Self::Terminal { width: width() },
            false => Self::Plain,
        }
    }

    pub(super) fn write(self, output: &mut impl Write, task: &Record) -> io::Result<()> {
        match self {
            Self::Terminal { width } => for_people(output, task, width),
            Self::Plain => for_programs(output, task),
        }
    }
}

fn for_people(output: &mut impl Write, task: &Record, width: usize) -> io::Result<()> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let status = format!("{} {}", shape(task.status()), printable(task.status()));
    let time = task.time("finished_at").or(task.time("updated_at"));
    let tokens = tokens(task).map(|(prompt, completion)| format!("{prompt} → {completion}"));
    let model = task.text("model").map(printable);
    writeln!(
        output,
        "{status:<11}  {:>8}  {:>9}  {:>15}  {:>9}  {}  {}  {}",
        or_none(time.map(short_time)),
        or_none(task.duration().map(duration)),
        or_none(tokens),
        or_none(task.cost().map(dollars)),
        or_none(model),
        printable(task.text("agent_id").unwrap_or("–")),
        printable(task.id()),
    )?;
    let input = task.input().or(task.text("title"));
    let text = match (input, task.text("result")) {
        (Some(input), Some(result)) => {
            let input = printable(input);
            format!("{} → {}", shorten(&input, width * 2 / 5), printable(result))
        }
        (Some(text), None) | (None, Some(text)) => printable(text),
        (None, None) => return Ok(()),
    };
    writeln!(output, "  {}", shorten(&text, width.saturating_sub(3)))
}

fn for_programs(output: &mut impl Write, task: &Record) -> io::Result<()> {
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let count = |name| {
        task.tokens(name)
            .map_or_else(|| "-".to_owned(), |it| it.to_string())
    };
    let text = task.text("result").or(task.input()).unwrap_or("-");
    writeln!(
        output,
        "{} {} {} {} {} {} {} {} {} {}",
        word(task.text("created_at")),
        word(Some(task.status())),
        number(task.duration()),
        count("prompt_tokens"),
        count("completion_tokens"),
        number(task.cost()),
        word(Some(task.id())),
        word(task.text("agent_id")),
        word(task.text("model")),
        printable(text),
    )
}

/// A text without spaces, so that it is one column.
fn word(text: Option<&str>) -> String {
    let Some(text) = text else {
        return "-".to_owned();
    };
    printable(text).replace(' ', "\\u{20}")
}

pub(super) fn shape(status: &str) -> char {
    match status {
        "completed" => '✓',
        "failed" | "error" => '✕',
        "stopped" => '■',
        "paused" => '‖',
        "executing" => '▸',
        _ => '○',
    }
}

/// Tokens in and out.
fn tokens(task: &Record) -> Option<(i64, i64)> {
    Some((
        task.tokens("prompt_tokens")?,
        task.tokens("completion_tokens").unwrap_or(0),
    ))
}

/// The time of day, or the day and the time.
fn short_time(time: Timestamp) -> String {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let now = Zoned::now().with_time_zone(zone.clone());
    let time = time.to_zoned(zone);
    let format = if time.date() == now.date() {
        "%H:%M:%S"
    } else {
        "%b %-d, %H:%M"
    };
    time.strftime(format).to_string()
}

pub(super) fn duration(seconds: f64) -> String {
    if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} m {:02} s", whole / 60, whole % 60)
    }
}

pub(super) fn dollars(dollars: f64) -> String {
    if dollars == 0.0 {
        "$ 0".to_owned()
    } else if dollars < 0.0001 {
        "< $ 0.0001".to_owned()
    } else if dollars < 1.0 {
        format!("$ {dollars:.4}")
    } else {
        format!("$ {dollars:.2}")
    }
}

#[cfg(unix)]
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    match size {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => DEFAULT_WIDTH,
    }
}

#[cfg(not(unix))]
fn width() -> usize {
    DEFAULT_WIDTH
}
