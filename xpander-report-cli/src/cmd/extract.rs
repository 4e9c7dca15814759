use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};

use serde::Serialize;
use serde::de::IgnoredAny;
use xpander_report::{ProviderResponse, Shape, Tokens};

use crate::failure::Done;
use crate::progress::Progress;
use crate::text::{without_bom, write_json};

/// Show what would be read from a provider's response
///
/// Reads a response on standard input and writes one JSON object to standard
/// output:
///
///   {"shape", "model", "result", "tokens", "used_tools", "finish_reason",
///    "failure"}
///
/// The input is a response's JSON, or the recording of a streamed response:
/// server-sent events, JSON line by line, a list of chunks, or AWS's binary event
/// stream. For a file with one response per line, such as batch results, it writes
/// one object per line.
///
/// Exit codes:
///   0  the response is read
///   1  the input is not the response of a known provider
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  curl -s http://localhost:11434/api/chat -d @ask.json | xpander-report extract
  xpander-report extract --stream < recording.txt
  xpander-report extract --jsonl < batch-results.jsonl > extracted.jsonl"
)]
pub(crate) struct Extract {
    /// Read one response per line, whatever the input looks like, and write one object per line; its
    /// `shape` is null if a line is not recognised
    #[arg(long)]
    jsonl: bool,

    /// Read the recording of one streamed response, whatever the input looks like
    #[arg(long)]
    stream: bool,
}

/// The output for unrecognised input.
#[derive(Default, Serialize)]
struct Unrecognised {
    shape: Option<&'static str>,
    model: Option<String>,
    result: Option<String>,
    tokens: Option<Tokens>,
    used_tools: [String; 0],
    finish_reason: Option<String>,
    failure: Option<String>,
}

impl Extract {
    pub(crate) fn run(self) -> Done {
        if self.jsonl && self.stream {
            return Err(
                "--jsonl and --stream cannot be combined: --jsonl reads one response per line, \
                 --stream reads one response from all lines"
                    .into(),
            );
        }
        if io::stdin().is_terminal() {
            let _ = writeln!(
                io::stderr(),
                "Paste a provider's response, then press Ctrl-D."
            );
        }
        let (input, output) = (io::stdin().lock(), io::stdout().lock());
        if self.jsonl {
            each_line(input, output, &progress())
        } else if self.stream {
            stream(input, output)
        } else {
            whole(input, output)
        }
    }
}

fn whole(mut input: impl Read, mut output: impl Write) -> Done {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let text = str::from_utf8(&bytes).map(without_bom);
    if text.is_ok_and(|text| text.trim().is_empty()) {
        return Err("standard input is empty: pipe a provider's response into it, as JSON".into());
    }
    if text.is_ok_and(is_one_per_line) {
        return each_line(&*bytes, output, &Progress::hidden());
    }
    if let Some(response) = ProviderResponse::read_stream(&bytes) {
        return Ok(write_json(&mut output, &response)?);
    }
    match text {
        Ok(text) => Err(unrecognised(text).into()),
        Err(error) => Err(format!("standard input is not UTF-8 text: {error}").into()),
    }
}

/// Whether each line is a separate response and not an event of a stream. It is if every line has tokens and a finish
/// reason, or if the lines together are not a stream.
fn is_one_per_line(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    if lines.clone().nth(1).is_none() || serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return false;
    }
    let is_json = |line: &str| serde_json::from_str::<IgnoredAny>(line).is_ok();
    let is_whole = |response: Option<ProviderResponse>| {
        response
            .is_some_and(|response| response.tokens.is_some() && response.finish_reason.is_some())
    };
    let mut responses = lines.clone().map(ProviderResponse::read);
    responses.clone().all(is_whole)
        || lines.all(is_json)
            && responses.any(|response| response.is_some())
            && ProviderResponse::read_stream(text.as_bytes())
                .is_none_or(|stream| stream.shape == Shape::Error)
}

fn stream(mut input: impl Read, mut output: impl Write) -> Done {
    let mut recording = Vec::new();
    input.read_to_end(&mut recording)?;
    if recording.trim_ascii().is_empty() {
        return Err(
            "standard input is empty: pipe the recording of a streamed response into it".into(),
        );
    }
    let response = ProviderResponse::read_stream(&recording)
        .ok_or("this is not the streamed response of a known provider")?;
    Ok(write_json(&mut output, &response)?)
}

fn unrecognised(json: &str) -> String {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(json) {
        let mut lines = json.lines().filter(|line| !line.trim().is_empty());
        let is_jsonl = lines.clone().count() > 1
            && lines.all(|line| serde_json::from_str::<IgnoredAny>(line).is_ok());
        return match is_jsonl {
            true => "standard input is one JSON value per line: use --jsonl".to_owned(),
            false => format!("standard input is not JSON: {error}"),
        };
    }
    "this is not the response of a known provider. If a function returns it, it is reported as \
     the result, without tokens and tools"
        .to_owned()
}

/// Shows how much of a file is read. If the output goes to the same terminal, its lines show the progress.
fn progress() -> Progress {
    match input_size() {
        Some(size) if !io::stdout().is_terminal() => Progress::bytes("extracting", size),
        _ => Progress::hidden(),
    }
}

/// The size of standard input, if it is a file.
fn input_size() -> Option<u64> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    let input = File::from(input.ok()?).metadata().ok()?;
    input.is_file().then_some(input.len())
}

fn each_line(mut input: impl BufRead, mut output: impl Write, progress: &Progress) -> Done {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        progress.advance(u64::try_from(line.len()).unwrap_or(u64::MAX));
        let text = str::from_utf8(&line).unwrap_or_default();
        match ProviderResponse::read(text) {
            Some(response) => write_json(&mut output, &response)?,
            None => write_json(&mut output, &Unrecognised::default())?,
        }
        line.clear();
    }
    Ok(())
}
