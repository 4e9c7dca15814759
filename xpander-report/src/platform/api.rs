use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned};

use super::certificates;
use super::config::Config;
use super::error::{ConfigError, DecodeError, Error, StatusError, TransportError};
use super::secret::ApiKey;
use crate::report::TaskReport;
use crate::support::panics::catch_panic;
use crate::support::suppress;
use crate::support::suppress::suppressed;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// This header marks an answer of a relay, and a request from one.
pub(crate) const X_XPANDER_RELAY: &str = "x-xpander-relay";
/// This header tells a relay the position of a report among those of its process.
pub(crate) const X_XPANDER_SEQUENCE: &str = "x-xpander-sequence";
/// A longer `Retry-After` is cut to this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);
/// A longer answer, in bytes, is not the platform's.
const MAX_ANSWER: usize = 64 << 20;
/// How many characters of a server's text an error shows.
const MAX_SHOWN: usize = 1_000;
/// A word or number of fewer bytes is no secret key.
const MIN_KEY: usize = 8;

/// One request to the platform.
pub(crate) struct Request {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    /// The position of the report, sent only to a relay.
    place: Option<PlaceInProcess>,
}

/// The position of a report among those of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlaceInProcess {
    /// A random number of the process.
    pub(crate) process: u64,
    /// How many reports the process had accepted, this one included.
    pub(crate) count: u64,
}

impl fmt::Display for PlaceInProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.process, self.count)
    }
}

impl FromStr for PlaceInProcess {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (process, count) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self {
            process: u64::from_str_radix(process, 16)?,
            count: u64::from_str_radix(count, 16)?,
        })
    }
}

impl Request {
    /// Sends the report to its own agent, else to the configuration's.
    pub(crate) fn report_task(config: &Config, report: &TaskReport) -> Result<Self, ConfigError> {
        let agent = config.agent(report.named_agent())?;
        let url = config.endpoint(&["agent-execution", agent, "report_task"])?;
        Self::report_task_at(url, report)
    }

    /// Sends the report to this address.
    pub(crate) fn report_task_at(url: Url, report: &TaskReport) -> Result<Self, ConfigError> {
        let body = report.to_body().map_err(|error| {
            let problem = format!("this report cannot be written as JSON: {error}");
            ConfigError::invalid("no variable", "report", problem)
        })?;
        Ok(Self {
            method: Method::POST,
            url,
            body: Some(body),
            place: None,
        })
    }

    /// Adds the position of the report, for the case that a relay receives it.
    pub(crate) fn at(mut self, place: PlaceInProcess) -> Self {
        self.place = Some(place);
        self
    }

    pub(crate) fn task(config: &Config, id: &str) -> Result<Self, ConfigError> {
        Self::get(config, &["agent-execution", id, "status"])
    }

    pub(crate) fn agent(config: &Config, id: &str) -> Result<Self, ConfigError> {
        Self::get(config, &["agents", id])
    }

    pub(crate) fn query(
        config: &Config,
        segments: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Self, ConfigError> {
        let mut request = Self::get(config, segments)?;
        if !parameters.is_empty() {
            request.url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(request)
    }

    fn get(config: &Config, segments: &[&str]) -> Result<Self, ConfigError> {
        Self::call(config, Method::GET, segments)
    }

    /// A call without a body.
    pub(crate) fn call(
        config: &Config,
        method: Method,
        segments: &[&str],
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            method,
            url: config.endpoint(segments)?,
            body: None,
            place: None,
        })
    }
}

/// The platform's answer.
pub(crate) fn answer(
    status: StatusCode,
    headers: &HeaderMap,
    body: Vec<u8>,
    key: Arc<str>,
) -> Result<Answer, Error> {
    if status.is_success() {
        return Ok(Answer { body, key });
    }
    let said = said(&body, &key);
    Err(Error::Status(StatusError {
        status: status.as_u16(),
        is_from_platform: said.is_some(),
        detail: said.unwrap_or_else(|| other(headers, &body, &key)),
        retry_after: retry_after(headers),
    }))
}

/// A successful answer's body.
pub(crate) struct Answer {
    body: Vec<u8>,
    key: Arc<str>,
}

impl Answer {
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|source: serde_json::Error| {
            // Serde's message quotes the value, which may be the key, or long.
            let source = shown(source.to_string().as_bytes(), &self.key);
            Error::Decode(DecodeError {
                body: shown(&self.body, &self.key),
                source: de::Error::custom(source),
            })
        })
    }

    /// Checks that the platform answered with the task, and not a server in between with a page or a message.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.decode::<ReportedTask>().map(drop)
    }
}

/// What tells a task from other JSON.
#[derive(Deserialize)]
#[serde(expecting = "a task")]
struct ReportedTask {
    #[serde(rename = "id")]
    _id: String,
}

/// The platform over HTTP. It lives in the runtime of a library thread.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    config: Arc<Config>,
    /// Whether the last answer came from a relay.
    is_relay: Arc<AtomicBool>,
}

impl Api {
    pub(crate) fn connect(config: Arc<Config>) -> Result<Self, Error> {
        const DOING: &str = "setting up the HTTP client";
        let tls = certificates::tls().map_err(|error| Error::broken(DOING, error))?;
        if config.base.scheme() == "https" {
            certificates::preload();
        }
        let build = || {
            let mut builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .user_agent(concat!("xpander-report-rust/", env!("CARGO_PKG_VERSION")));
            if config.bypasses_proxy() {
                builder = builder.no_proxy();
            }
            if let Some((name, addresses)) = config.loopback_name() {
                builder = builder.resolve_to_addrs(name, &addresses);
            }
            if let Some(customise) = &config.http {
                builder = suppress::traced(|| customise(builder));
            }
            builder
                .redirect(redirect::Policy::none())
                .connect_timeout(config.connect_timeout)
                .timeout(config.timeout)
                .build()
        };
        let http = catch_panic(build)
            .ok_or_else(|| Error::broken(DOING, "the function given as `http` panicked"))?
            .map_err(|error| Error::broken(DOING, error))?;
        Ok(Self {
            http,
            config,
            is_relay: Arc::default(),
        })
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Error> {
        let key = self.key().await?;
        let mut header = HeaderValue::from_str(&key)
            .map_err(|error| Error::broken("calling the provider of the API key", error))?;
        header.set_sensitive(true);
        let mut builder = self
            .http
            .request(request.method, request.url)
            .header(X_API_KEY, header);
        #[cfg(feature = "_relay")]
        if let Some(name) = &self.config.relay {
            builder = builder.header(X_XPANDER_RELAY, &**name);
        }
        if let Some(place) = request.place
            && self.is_relay.load(Ordering::Relaxed)
        {
            builder = builder.header(X_XPANDER_SEQUENCE, place.to_string());
        }
        if let Some(body) = request.body {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body);
        }
        let mut response = builder.send().await.map_err(|error| self.broken(error))?;
        let is_relay = response.headers().contains_key(X_XPANDER_RELAY);
        self.is_relay.store(is_relay, Ordering::Relaxed);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                let problem = format!("the answer is longer than {MAX_ANSWER} bytes");
                return Err(Error::broken(self.doing(), problem));
            }
            body.extend_from_slice(&chunk);
        }
        answer(response.status(), response.headers(), body, key)
    }

    /// The key for one request. A key provider may block, so it runs on its own thread, with the timeout of a request.
    async fn key(&self) -> Result<Arc<str>, Error> {
        const DOING: &str = "calling the provider of the API key";
        let provider = match &self.config.api_key {
            ApiKey::Value(key) => return Ok(Arc::clone(key)),
            ApiKey::Provider(provider) => Arc::clone(provider),
        };
        let asked = tokio::task::spawn_blocking(move || suppressed(|| provider()));
        match tokio::time::timeout(self.config.timeout, asked).await {
            Ok(Ok(key)) if key.trim().is_empty() => Err(Error::broken(DOING, "it returned no key")),
            Ok(Ok(key)) => Ok(key.trim().into()),
            Ok(Err(_)) => Err(Error::broken(DOING, "it panicked")),
            Err(elapsed) => Err(Error::broken(DOING, elapsed)),
        }
    }

    fn doing(&self) -> String {
        let origin = self.config.base.origin();
        format!("the request to {}", origin.ascii_serialization())
    }

    fn broken(&self, error: reqwest::Error) -> Error {
        if let Some(missing) = certificates::missing(&error) {
            return Error::Config(missing);
        }
        Error::Transport(TransportError {
            is_timeout: error.is_timeout(),
            doing: self.doing(),
            source: error.without_url().into(),
        })
    }
}

/// The platform's explanation of its error. `None` if another server answered.
fn said(body: &[u8], key: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem {
        detail: serde_json::Value,
    }
    let said = match serde_json::from_slice::<Problem>(body).ok()?.detail {
        serde_json::Value::String(detail) => detail,
        detail => detail.to_string(),
    };
    Some(shown(said.as_bytes(), key))
}

/// A description of another server's unsuccessful answer.
fn other(headers: &HeaderMap, body: &[u8], key: &str) -> String {
    match headers.get(LOCATION) {
        Some(to) => format!(
            "a redirect to {}, which is not followed; check the base address",
            shown(to.as_bytes(), key)
        ),
        None => shown(body, key),
    }
}

/// Parses seconds, or a date. A date in the past means no wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match asked.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(asked).ok()?;
            until.duration_since(SystemTime::now()).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// The start of a server's text, for an error. It may echo the key.
fn shown(body: &[u8], key: &str) -> String {
    let text = String::from_utf8_lossy(body);
    let text = match is_word(key) {
        true => text.into_owned(),
        false => text.replace(key, "***"),
    };
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether a key is a short word or number, such as the `local` of a local platform. It is no secret, and a text may have
/// it in another meaning.
fn is_word(key: &str) -> bool {
    let is_of = |kind: fn(char) -> bool| key.chars().all(kind);
    key.len() < MIN_KEY && (is_of(char::is_alphabetic) || is_of(char::is_numeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        let body = body.as_bytes().to_vec();
        let answer = answer(StatusCode::OK, &HeaderMap::new(), body, "sk-key".into());
        let error = answer.and_then(|answer| answer.check());
        error.expect_err("no JSON object").with_sources()
    }

    #[test]
    fn an_answer_that_is_the_key_shows_it_to_nobody() {
        assert_eq!(
            error(r#""sk-key""#),
            "the platform's answer could not be read; it begins with `\"***\"`: \
             invalid type: string \"***\", expected a task at line 1 column 8"
        );
    }

    #[test]
    fn a_key_that_is_a_short_word_leaves_the_servers_text_as_it_is() {
        let said = |key: &str| {
            let body = br#"{"detail":"There is no task 7 in the organization local."}"#;
            let answer = answer(
                StatusCode::NOT_FOUND,
                &HeaderMap::new(),
                body.to_vec(),
                key.into(),
            );
            answer.map(drop).expect_err("status 404").with_sources()
        };
        let whole = "the platform answered 404: There is no task 7 in the organization local.";
        for word in ["local", "task", "no", "7"] {
            assert_eq!(said(word), whole, "{word}");
        }
        for key in ["organization", "local."] {
            assert_eq!(said(key), whole.replace(key, "***"), "{key}");
        }
    }

    #[test]
    fn an_answer_that_is_long_makes_no_long_error() {
        let long = error(&format!("\"{}\"", "x".repeat(10 * MAX_SHOWN)));
        assert!(long.chars().count() < 3 * MAX_SHOWN);
    }
}
