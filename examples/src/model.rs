//! The model that the examples call.
//!
//! [`Model`] is a model with its client. [`ModelEndpoint`] is the embedded endpoint, which is called if the environment
//! names no other.

mod arguments;
mod call;
mod completion;
mod conversation;
mod endpoint;
mod error;
mod generation;
mod message;
mod request;
mod streaming;
mod tool;
mod turn;

use std::env;
use std::fmt;
use std::io;

use async_openai::Client;
use async_openai::config::{OPENAI_API_BASE, OpenAIConfig};

pub use endpoint::{CONTEXT_WINDOW, MODEL, ModelEndpoint, PACE, SLOW_MODEL};

use crate::tls;

/// The model called at another endpoint unless `OPENAI_MODEL` names one.
const DEFAULT_MODEL: &str = "gpt-4o-mini";

/// A model and the client to call it with.
pub struct Model {
    /// The client of the model's endpoint.
    pub client: Client<OpenAIConfig>,
    /// The HTTP client below it.
    pub http: reqwest::Client,
    /// The name to call the model by.
    pub model: String,
    /// The name of a slow model: [`SLOW_MODEL`] at the embedded endpoint, and the same as [`model`](Self::model)
    /// anywhere else.
    pub slow_model: String,
    /// The model and its address as text: `gpt-4o-mini at https://api.openai.com/v1`.
    pub description: String,
    /// Runs for as long as the model is kept.
    endpoint: Option<ModelEndpoint>,
}

impl Model {
    /// The model named by the environment, or else the embedded one.
    ///
    /// If `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, it is `OPENAI_MODEL` (default: `gpt-4o-mini`) at that base URL
    /// (default: OpenAI's). Your own server needs no key. Empty variables count as unset. This [installs](tls::install)
    /// a TLS provider.
    pub async fn from_env_or_embedded() -> io::Result<Self> {
        match Settings::read(|name| env::var(name).ok()) {
            Some(settings) => Self::remote(settings),
            None => Self::embedded().await,
        }
    }

    /// The embedded model, regardless of the environment.
    pub async fn embedded() -> io::Result<Self> {
        let endpoint = ModelEndpoint::start().await?;
        let base_url = endpoint.base_url();
        // For a proxy, 127.0.0.1 would be the proxy's own machine.
        let http = http_client(reqwest::Client::builder().no_proxy())?;
        Ok(Self {
            client: Client::build(http.clone(), config(&base_url, "embedded")),
            http,
            model: MODEL.to_owned(),
            slow_model: SLOW_MODEL.to_owned(),
            description: format!("the embedded extractive model at {base_url}"),
            endpoint: Some(endpoint),
        })
    }

    /// The embedded endpoint, if it is used.
    pub fn endpoint(&self) -> Option<&ModelEndpoint> {
        self.endpoint.as_ref()
    }

    fn remote(settings: Settings) -> io::Result<Self> {
        let http = http_client(reqwest::Client::builder())?;
        Ok(Self {
            client: Client::build(http.clone(), config(&settings.base_url, &settings.key)),
            http,
            description: format!("{} at {}", settings.model, settings.base_url),
            slow_model: settings.model.clone(),
            model: settings.model,
            endpoint: None,
        })
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

fn http_client(builder: reqwest::ClientBuilder) -> io::Result<reqwest::Client> {
    tls::install();
    builder.build().map_err(io::Error::other)
}

fn config(base_url: &str, key: &str) -> OpenAIConfig {
    OpenAIConfig::new()
        .with_api_base(base_url)
        .with_api_key(key)
}

/// The environment's settings of the model.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    base_url: String,
    key: String,
    model: String,
}

impl Settings {
    /// Reads the settings from `variables`, which gives a variable's value.
    fn read(variables: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name| {
            let value = variables(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let key = set("OPENAI_API_KEY");
        let base_url = set("OPENAI_BASE_URL");
        if key.is_none() && base_url.is_none() {
            return None;
        }
        let base_url = base_url.unwrap_or_else(|| OPENAI_API_BASE.to_owned());
        Some(Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            key: key.unwrap_or_else(|| "unused".to_owned()),
            model: set("OPENAI_MODEL").unwrap_or_else(|| DEFAULT_MODEL.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<Settings> {
        Settings::read(|name| {
            let variable = variables.iter().find(|(n, _)| *n == name);
            variable.map(|(_, value)| (*value).to_owned())
        })
    }

    fn settings(base_url: &str, key: &str, model: &str) -> Option<Settings> {
        Some(Settings {
            base_url: base_url.to_owned(),
            key: key.to_owned(),
            model: model.to_owned(),
        })
    }

    #[test]
    fn without_a_key_or_a_base_url_the_model_is_embedded() {
        assert_eq!(read(&[]), None);
        assert_eq!(
            read(&[("OPENAI_API_KEY", " "), ("OPENAI_BASE_URL", "")]),
            None
        );
        assert_eq!(read(&[("OPENAI_MODEL", "gpt-5")]), None);
    }

    #[test]
    fn a_key_calls_openai() {
        assert_eq!(
            read(&[("OPENAI_API_KEY", "sk-1\n")]),
            settings("https://api.openai.com/v1", "sk-1", "gpt-4o-mini")
        );
    }

    #[test]
    fn a_base_url_needs_no_key() {
        assert_eq!(
            read(&[
                ("OPENAI_BASE_URL", "http://localhost:1/v1/"),
                ("OPENAI_MODEL", "llama")
            ]),
            settings("http://localhost:1/v1", "unused", "llama")
        );
    }
}
