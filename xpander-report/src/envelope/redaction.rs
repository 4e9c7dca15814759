use std::fmt::{self, Write};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::media::{MIN_MEDIA, replace_media};
use super::response::Declared;
use super::scrub::Scrub;
use super::value::Captured;
use crate::envelope::{Envelope, Field};
use crate::report::{TaskReport, json};
use crate::support::panics::catch_panic;
use crate::support::suppress::call_hook;
use crate::support::text;

/// Decides which content of a report is sent: its input, its result and the provider's response.
///
/// It is applied before a report is sent or recorded. Ids, success, tokens, tools and the duration are not content and are
/// always sent.
///
/// ```
/// use xpander_report::{Redaction, external_task, testing::Recorder};
///
/// #[external_task]
/// fn greet(name: &str) -> String {
///     format!("hello {name}")
/// }
///
/// let recorder = Recorder::with_redaction(Redaction::new().before_send(|report| {
///     report.input = report.input.take().map(|text| text.replace("Ada", "***"));
/// }));
/// recorder.in_scope(|| greet("Ada L."));
/// assert_eq!(recorder.take()[0].input.as_deref(), Some("*** L."));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Redaction {
    content: bool,
    scrub: Scrub,
    max_media_bytes: usize,
    max_bytes: usize,
    before_send: Option<Arc<Hook>>,
    /// Spans may have content even if there is a `before_send` function.
    content_in_spans: bool,
}

type Hook = dyn Fn(&mut TaskReport) + Send + Sync;

impl Redaction {
    /// Sends everything except secrets and large media, up to 1 MiB per field.
    pub fn new() -> Self {
        Self {
            content: true,
            scrub: Scrub::default(),
            max_media_bytes: 16 << 10,
            max_bytes: 1 << 20,
            before_send: None,
            content_in_spans: false,
        }
    }

    /// Whether content is sent. If not, it is not captured, and an error is reported as the name of its type.
    pub fn capture_content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }

    /// Whether secrets in inputs, results and errors become `[redacted]`; on by default. Two kinds are scrubbed:
    ///
    /// - By name: in JSON, the strings in fields such as `api_key`, `db_password`, `clientSecret`, `authorization` or
    ///   `cookie`. The JSON may stand in prose or in a string of other JSON. A list of pairs, and objects with the fields
    ///   `name` and `value`, count as fields, too. Numbers and booleans stay, as does the schema of a field. A field `token`
    ///   is scrubbed only if a machine seems to have made its value, since log probabilities have fields of that name.
    /// - By form, in JSON and in prose: private keys in PEM, the keys of providers (`sk-…`, `AIza…`, `gsk_…` and
    ///   others), JSON Web Tokens, and text after `Bearer`.
    ///
    /// Arguments of functions are handled by the attribute: it never reads an argument with such a name, regardless of this
    /// setting, unless the key `input(…)` lists it. A listed argument is not scrubbed by its name.
    ///
    /// Provider responses are not scrubbed: see [`scrub_responses`](Self::scrub_responses).
    /// `XPANDER_REPORT_SCRUB=false` switches scrubbing off for reporters and overrides this setting.
    ///
    /// ```
    /// use serde_json::json;
    /// use xpander_report::{TaskReport, testing::Recorder};
    ///
    /// let recorder = Recorder::new();
    /// let request = json!({"max_tokens": 100, "headers": {"x-api-key": "hunter2"}});
    /// recorder.reporter().report(TaskReport::new().input(request.to_string()));
    /// let input = recorder.take().remove(0).input.unwrap();
    /// assert_eq!(input, r#"{"headers":{"x-api-key":"[redacted]"},"max_tokens":100}"#);
    /// ```
    pub fn scrub(mut self, scrub: bool) -> Self {
        self.scrub.is_on = scrub;
        self
    }

    /// Further names whose values are scrubbed, such as `customer`. They apply to fields and to a function's only argument. A
    /// name matches alone and at the end of a compound name, in any case style: `new_customer`, `newCustomer`.
    ///
    /// ```
    /// use xpander_report::{Redaction, external_task, testing::Recorder};
    ///
    /// #[external_task]
    /// fn greet(customer: &str, language: &str) {}
    ///
    /// let recorder = Recorder::with_redaction(Redaction::new().scrub_names(["customer"]));
    /// recorder.in_scope(|| greet("Ada", "en"));
    /// let input = recorder.take().remove(0).input.unwrap();
    /// assert_eq!(input, r#"{"customer":"[redacted]","language":"en"}"#);
    /// ```
    pub fn scrub_names<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            self.scrub.add_name(name.as_ref());
        }
        self
    }

    /// Whether the provider's responses (`llm_response`) are scrubbed, too. Off by default, because responses are kept for
    /// debugging. A response may then contain a secret that was removed from the result.
    pub fn scrub_responses(mut self, scrub: bool) -> Self {
        self.scrub.responses = scrub;
        self
    }

    /// The most bytes of base64 for an image, recording or file in inputs and results. The default is 16 KiB. Larger media
    /// are replaced by their type and size: `[image/png, 182,344 bytes]`. `usize::MAX` keeps all media that fit into the
    /// field. Media are recognised in data URLs, in the parts of providers' messages, and by the first bytes of an image, a
    /// recording or a PDF.
    ///
    /// If a field is still too long, all its media are replaced before it is truncated, also in provider responses. So no
    /// partial base64 remains.
    ///
    /// ```
    /// use serde_json::json;
    /// use xpander_report::{TaskReport, testing::Recorder};
    ///
    /// let recorder = Recorder::new();
    /// let picture = format!("data:image/png;base64,{}", "iVBO".repeat(5_000));
    /// let part = json!({"type": "image_url", "image_url": {"url": picture}});
    /// recorder.reporter().report(TaskReport::new().input(part.to_string()));
    /// let input = recorder.take().remove(0).input.unwrap();
    /// assert_eq!(input, r#"{"image_url":{"url":"[image/png, 15,000 bytes]"},"type":"image_url"}"#);
    /// ```
    pub fn max_media_bytes(mut self, max_bytes: usize) -> Self {
        self.max_media_bytes = max_bytes;
        self
    }

    /// The most bytes of each field of content. The default is 1 MiB. Longer text is truncated and marked;
    /// longer JSON becomes `{"truncated": true, "bytes": n, "head": "…"}`.
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// A function that may rewrite each finished report. It cannot change ids. If it panics, the report is sent without
    /// content.
    ///
    /// It is called once for each report that is sent, stored or refused, before the reports of a task are merged. It is not
    /// called again for a retry or a report that is read back from disk. With a durable spool, it runs on the thread that
    /// reports, so that removed content never reaches the disk. Otherwise it runs on the library's own thread.
    pub fn before_send(mut self, hook: impl Fn(&mut TaskReport) + Send + Sync + 'static) -> Self {
        self.before_send = Some(Arc::new(hook));
        self
    }

    /// Whether spans (feature `tracing`) may have content although there is a [`before_send`](Self::before_send). Off by
    /// default. That function runs later on another thread, so spans contain the content that it would remove. Secrets are
    /// still scrubbed.
    pub fn content_in_spans(mut self, content: bool) -> Self {
        self.content_in_spans = content;
        self
    }

    pub(crate) fn captures_content(&self) -> bool {
        self.content
    }

    /// Whether content may go into spans.
    #[cfg(feature = "tracing")]
    pub(crate) fn lets_content_into_spans(&self) -> bool {
        self.content && (self.before_send.is_none() || self.content_in_spans)
    }

    /// What may go into a span of an input and a result that a run has collected.
    #[cfg(feature = "tracing")]
    pub(crate) fn scrubbed(&self, run: &Envelope) -> Option<(Option<String>, Option<String>)> {
        let mut content = Envelope {
            input: run.input.clone(),
            input_names: run.input_names,
            result: run.result.clone(),
            max_bytes: run.max_bytes,
            ..Envelope::default()
        };
        catch_panic(|| self.take_away(&mut content))?;
        let text = |field: Field<Captured>| field.get().map(Captured::into_text);
        Some((text(content.input), text(content.result)))
    }

    /// Makes the finished report, without the data that may not be sent. It runs once for each report, in
    /// [`prepare`](crate::envelope::prepare::prepare).
    pub(crate) fn finish(&self, mut envelope: Envelope) -> TaskReport {
        let is_done = self.content && catch_panic(|| self.take_away(&mut envelope)).is_some();
        if !is_done {
            remove_content(&mut envelope);
        }
        let passed_deadline = envelope.passed_deadline;
        let report = envelope.finish();
        let mut report = match &self.before_send {
            Some(hook) => rewrite(report, &**hook),
            None => report,
        };
        if passed_deadline {
            report
                .result
                .get_or_insert_with(|| match report.is_success {
                    Some(false) => "failed after its deadline".to_owned(),
                    _ => "completed after its deadline".to_owned(),
                });
        }
        report
    }
}

impl Redaction {
    /// Secrets are removed first, because a truncated secret could not be recognised.
    fn take_away(&self, envelope: &mut Envelope) {
        self.scrub.apply(envelope);
        for field in [&mut envelope.input, &mut envelope.result] {
            if let Some(value) = field.get_mut() {
                let is_cut = value.is_cut();
                replace_media(value.text_mut(), self.max_media_bytes, is_cut);
            }
        }
        cut(envelope, self.max_bytes);
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
            .field("scrub", &self.scrub.is_on)
            .field("scrub_names", &self.scrub.names())
            .field("scrub_responses", &self.scrub.responses)
            .field("max_media_bytes", &self.max_media_bytes)
            .field("max_bytes", &self.max_bytes)
            .field("before_send", &self.before_send.is_some())
            .field("content_in_spans", &self.content_in_spans)
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
        let Some(value) = field.get_mut() else {
            continue;
        };
        let is_cut = value.is_cut();
        make_room(value.text_mut(), max_bytes, is_cut);
        match value {
            Captured::Text(text) => cut_text(text, max_bytes),
            Captured::Json(json) => cut_json(json, max_bytes),
            Captured::Cut(cut) => cut.shorten(max_bytes),
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
    make_room(content, max_bytes, false);
    let is_json =
        || content.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(content).is_ok();
    if content.len() > max_bytes && is_json() {
        cut_json(content, max_bytes);
    } else {
        cut_text(content, max_bytes);
    }
}

pub(crate) fn cut_raw(raw: &mut Box<RawValue>, max_bytes: usize) {
    if raw.get().len() <= max_bytes {
        return;
    }
    let mut json = raw.get().to_owned();
    make_room(&mut json, max_bytes, false);
    cut_json(&mut json, max_bytes);
    if let Ok(shorter) = RawValue::from_string(json) {
        *raw = shorter;
    }
}

/// Replaces all media in content that is too long, so that no media are truncated.
fn make_room(content: &mut String, max_bytes: usize, is_cut: bool) {
    if content.len() > max_bytes {
        replace_media(content, MIN_MEDIA, is_cut);
    }
}

fn cut_text(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let bytes = text.len();
        text.truncate(text::boundary(text, max_bytes));
        let _ = write!(text, "… [{bytes} bytes]");
    }
}

fn cut_json(json: &mut String, max_bytes: usize) {
    if json.len() > max_bytes {
        *json = truncated(json, max_bytes).get().to_owned();
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
