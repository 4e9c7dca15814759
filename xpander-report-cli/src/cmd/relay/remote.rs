use std::path::PathBuf;

use serde::de::DeserializeOwned;
use xpander_report::relay::{Ask, Remote};
use xpander_report::{Config, Error, StatusError};
use xpander_report_relay::DEFAULT_PORT;

use crate::connection;
use crate::failure::{Failure, with_causes};
use crate::secret_file;

/// The first segment of the relay's own calls.
pub(crate) const CALLS: &str = "xpander-relay";

/// Which relay is meant.
#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// The relay's address [default: XPANDER_BASE_URL, else http://127.0.0.1:9727]
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// A file with a token of the relay [default: the token in XPANDER_API_KEY]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Target {
    pub(super) fn ask<T: DeserializeOwned>(&self, ask: Ask, path: &[&str]) -> Result<T, Failure> {
        let is_set = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        let mut config = Config::builder();
        match &self.url {
            Some(url) => config = config.base_url(url),
            None if is_set("XPANDER_BASE_URL") => {}
            None => config = config.base_url(format!("http://127.0.0.1:{DEFAULT_PORT}")),
        }
        match &self.token_file {
            Some(file) => {
                let token = secret_file::read("--token-file", "token", file)?;
                config = config.api_key(token);
            }
            None if is_set("XPANDER_API_KEY") => {}
            // A relay without tokens takes any.
            None => config = config.api_key("any"),
        }
        let config = config
            .build()
            .map_err(|error| Failure::usage(connection::explain(&error)))?;
        let url = config.base_url().to_owned();
        let path: Vec<_> = [CALLS].into_iter().chain(path.iter().copied()).collect();
        Remote::new(config)
            .ask(ask, &path)
            .map_err(|error| failure(&error, &url))
    }
}

/// Whether this is a relay's message for data that it does not have.
pub(crate) fn says_so(detail: &str) -> bool {
    detail.contains("This is a relay")
}

fn failure(error: &Error, url: &str) -> Failure {
    let says = with_causes(error);
    let no_relay = || {
        Failure::usage(format!(
            "the server at {url} is not a relay ({says}); set the relay's address with --url"
        ))
    };
    match error {
        Error::Status(StatusError {
            status: 404 | 405, ..
        })
        | Error::Decode(_) => no_relay(),
        Error::Status(StatusError {
            status: 401,
            is_from_platform: true,
            ..
        }) => Failure::new(
            Failure::REFUSED,
            format!("{says}; set a token of the relay with --token-file or XPANDER_API_KEY"),
        ),
        Error::Status(error) if error.is_from_platform && error.status < 500 => {
            Failure::new(Failure::REFUSED, says)
        }
        Error::Config(_) => Failure::usage(says),
        _ => Failure::new(Failure::TRY_AGAIN, says),
    }
}
