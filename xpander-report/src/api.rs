use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Url, redirect};
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::Config;
use crate::error::{ConfigError, DecodeError, Error, StatusError, TransportError};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// A wait longer than this is not believed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);
/// How much of a strange answer an error shows.
const SHOWN: usize = 200;

/// One request to the platform.
pub(crate) struct Request {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn report_task(
        config: &Config,
        agent: &str,
        body: Vec<u8>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            method: Method::POST,
            url: config.endpoint(&["agent-execution", agent, "report_task"])?,
            body: Some(body),
        })
    }

    pub(crate) fn task(config: &Config, id: &str) -> Result<Self, ConfigError> {
        Self::get(config, &["agent-execution", id, "status"])
    }

    pub(crate) fn agent(config: &Config, id: &str) -> Result<Self, ConfigError> {
        Self::get(config, &["agents", id])
    }

    fn get(config: &Config, segments: &[&str]) -> Result<Self, ConfigError> {
        Ok(Self {
            method: Method::GET,
            url: config.endpoint(segments)?,
            body: None,
        })
    }
}

/// A successful answer's body.
pub(crate) struct Answer(Vec<u8>);

impl Answer {
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.0).map_err(|source| {
            Error::Decode(DecodeError {
                body: head(&self.0),
                source,
            })
        })
    }

    /// Checks that the platform answered, and not a proxy's login page.
    pub(crate) fn check(&self) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Object {
            #[serde(default, rename = "id")]
            _id: IgnoredAny,
        }
        self.decode::<Object>().map(drop)
    }
}

/// The platform over HTTP. Lives on a thread of the library, inside its runtime.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    config: Arc<Config>,
}

impl Api {
    pub(crate) fn connect(config: Arc<Config>) -> Result<Self, Error> {
        let builder = match &config.http {
            Some(builder) => builder(),
            None => {
                let builder = reqwest::Client::builder()
                    .tls_backend_preconfigured(tls().map_err(|error| setup(error.into()))?);
                if config.is_loopback() {
                    builder.no_proxy()
                } else {
                    builder
                }
            }
        };
        let http = builder
            .user_agent(concat!("xpander-report-rust/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .build()
            .map_err(|error| setup(error.into()))?;
        Ok(Self { http, config })
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Error> {
        let key = self.key()?;
        let mut builder = self
            .http
            .request(request.method, request.url)
            .header(X_API_KEY, key);
        if let Some(body) = request.body {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body);
        }
        let response = builder.send().await.map_err(|error| self.broken(error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(|error| self.broken(error))?;
        if status.is_success() {
            Ok(Answer(body.into()))
        } else {
            Err(Error::Status(StatusError {
                status: status.as_u16(),
                detail: detail(&headers, &body),
                retry_after: retry_after(&headers),
            }))
        }
    }

    fn key(&self) -> Result<HeaderValue, ConfigError> {
        let invalid = |problem| ConfigError::invalid("XPANDER_API_KEY", "api_key", problem);
        let key = self.config.api_key.reveal();
        let key = key.ok_or_else(|| invalid("its provider panicked"))?;
        let mut key = HeaderValue::from_str(&key)
            .map_err(|_| invalid("its provider gave a text that no header can hold"))?;
        key.set_sensitive(true);
        Ok(key)
    }

    fn broken(&self, error: reqwest::Error) -> Error {
        Error::Transport(TransportError {
            is_timeout: error.is_timeout(),
            doing: format!(
                "the request to {}",
                self.config.base.origin().ascii_serialization()
            ),
            source: error.without_url().into(),
        })
    }
}

fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}

fn setup(source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Transport(TransportError {
        is_timeout: false,
        doing: "setting up the HTTP client".to_owned(),
        source,
    })
}

/// What an unsuccessful answer says about itself.
fn detail(headers: &HeaderMap, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Problem {
        detail: serde_json::Value,
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(Problem {
            detail: serde_json::Value::String(detail),
        }) => detail,
        Ok(Problem { detail }) => detail.to_string(),
        Err(_) => match headers.get(LOCATION) {
            Some(to) => format!(
                "a redirect to {}, which is not followed; check the base address",
                head(to.as_bytes())
            ),
            None => head(body),
        },
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

fn head(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
