use std::fmt::{self, Write};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::response::Declared;
use super::value::Captured;
use crate::envelope::{Envelope, Field};
use crate::report::TaskReport;
use crate::report::json;
use crate::support::suppress::call_hook;
use crate::support::text;

/// What of a report's content may leave the process: its input, its result and the provider's response.
///
/// Applied before a report is sent, or shown by a recorder. Ids, success, tokens, tools and the duration
/// are no content and always stay.
///
/// ```
/// use xpander_report::{Redaction, external_task, testing::Recorder};
///
/// #[external_task]
/// fn greet(name: &str) -> String {
///     format!("hello {name}")
/// }
///
/// let recorder = Recorder::with(Redaction::new().before_send(|report| {
///     report.input = report.input.take().map(|text| text.replace("Ada", "***"));
/// }));
/// recorder.in_scope(|| greet("Ada L."));
/// assert_eq!(recorder.take()[0].input.as_deref(), Some("*** L."));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Redaction {
    content: bool,
    max_bytes: usize,
    before_send: Option<Arc<Hook>>,
}

type Hook = dyn Fn(&mut TaskReport) + Send + Sync;

impl Redaction {
    /// Everything may leave, each field up to 1 MiB.
    pub fn new() -> Self {
        Self {
            content: true,
            max_bytes: 1 << 20,
            before_send: None,
        }
    }

    /// Whether content leaves at all. Without it nothing of it is captured; an error is shown as the
    /// name of its type.
    pub fn capture_content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }

    /// How many bytes each field of content may have; 1 MiB by default. Longer text is cut and marked;
    /// longer JSON becomes `{"truncated": true, "bytes": n, "head": "…"}`.
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// A function that sees each finished report and may rewrite it; ids are kept as they were. If it panics, the
    /// report goes without its content.
    ///
    /// It is called once for each report that is sent, stored or refused, before reports of one task are merged, and
    /// never again: not for a retry, nor for a report that was read back from disk. With a durable spool the thread
    /// that reports calls it, since nothing may reach the disk that it takes away; otherwise the library's own thread
    /// does.
    pub fn before_send(mut self, hook: impl Fn(&mut TaskReport) + Send + Sync + 'static) -> Self {
        self.before_send = Some(Arc::new(hook));
        self
    }

    pub(crate) fn captures_content(&self) -> bool {
        self.content
    }

    /// The finished report: what may not leave is gone from it. Done once for each report, by
    /// [`prepare`](crate::prepare::prepare).
    pub(crate) fn finish(&self, mut envelope: Envelope) -> TaskReport {
        if self.content {
            cut(&mut envelope, self.max_bytes);
        } else {
            remove_content(&mut envelope);
        }
        let report = envelope.finish();
        match &self.before_send {
            Some(hook) => rewrite(report, &**hook),
            None => report,
        }
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("capture_content", &self.content)
            .field("max_bytes", &self.max_bytes)
            .field("before_send", &self.before_send.is_some())
            .finish()
    }
}

fn remove_content(envelope: &mut Envelope) {
    envelope.input = Field::Absent;
    envelope.responses.clear();
    envelope.result = match envelope.error_type.take() {
        Some(error_type) => Field::Captured(Captured::Text(error_type.into_owned())),
        None => Field::Absent,
    };
}

/// Cuts each field to the function's own limit, else to the process's.
fn cut(envelope: &mut Envelope, max_bytes: usize) {
    let max_bytes = envelope.max_bytes.unwrap_or(max_bytes);
    for field in [&mut envelope.input, &mut envelope.result] {
        match field.get_mut() {
            Some(Captured::Text(text)) => cut_text(text, max_bytes),
            Some(Captured::Json(json)) if json.len() > max_bytes => {
                *json = truncated(json, max_bytes).get().to_owned();
            }
            Some(Captured::Cut(cut)) => cut.shorten(max_bytes),
            _ => {}
        }
    }
    for response in &mut envelope.responses {
        if let Declared::Given(raw) = response {
            cut_raw(raw, max_bytes);
        }
    }
}

/// Cuts a field of a finished report, which may be JSON.
#[cfg(feature = "http")]
pub(crate) fn cut_content(content: &mut String, max_bytes: usize) {
    let is_json =
        || content.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(content).is_ok();
    if content.len() > max_bytes && is_json() {
        *content = truncated(content, max_bytes).get().to_owned();
    } else {
        cut_text(content, max_bytes);
    }
}

pub(crate) fn cut_raw(raw: &mut Box<RawValue>, max_bytes: usize) {
    if raw.get().len() > max_bytes {
        *raw = truncated(raw.get(), max_bytes);
    }
}

fn cut_text(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let bytes = text.len();
        text.truncate(text::boundary(text, max_bytes));
        let _ = write!(text, "… [{bytes} bytes]");
    }
}

/// What stands for JSON that is too long.
fn truncated(long: &str, max_bytes: usize) -> Box<RawValue> {
    json::truncated(text::head(long, max_bytes), long.len())
}

fn rewrite(report: TaskReport, hook: &Hook) -> TaskReport {
    let mut rewritten = report.clone();
    let done = call_hook(|| hook(&mut rewritten)).is_some();
    if !done {
        rewritten = report.clone();
        rewritten.input = None;
        rewritten.result = None;
        rewritten.llm_response = None;
    }
    rewritten.keep_ids(report);
    rewritten
}
