use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use xpander_report::{Config, ConfigBuilder, ConfigError, Error};

use crate::failure::{Failure, with_causes};
use crate::secret_file;

/// The platform, the agent and the key. A missing flag falls back to the environment.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The platform's address [default: XPANDER_BASE_URL, else the public platform]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// The agent whose history shows the task [default: XPANDER_AGENT_ID]
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    agent_id: Option<String>,

    /// A file with the key [default: the key in XPANDER_API_KEY]. There is no flag for the key itself,
    /// because other users can see a program's arguments
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

impl Connection {
    pub(crate) fn config(&self) -> Result<ConfigBuilder, Failure> {
        let mut config = Config::builder();
        if let Some(base_url) = &self.base_url {
            config = config.base_url(base_url);
        }
        if let Some(agent_id) = &self.agent_id {
            config = config.agent_id(agent_id);
        }
        if let Some(file) = &self.api_key_file {
            config = config.api_key(secret_file::read("--api-key-file", "key", file)?);
        }
        Ok(config)
    }
}

/// The flag that overrides a variable.
pub(crate) fn flag(variable: &str) -> Option<&'static str> {
    match variable {
        "XPANDER_BASE_URL" => Some("--base-url"),
        "XPANDER_AGENT_ID" => Some("--agent-id"),
        "XPANDER_API_KEY" => Some("--api-key-file"),
        _ => None,
    }
}

/// A configuration error in terms of the command line: it names the flag.
pub(crate) fn explain(error: &ConfigError) -> String {
    const IN_CODE: &str = ", or set it in code";
    let text = error.to_string();
    match flag(error.variable) {
        Some(flag) => text.replace(IN_CODE, &format!(", or use {flag}")),
        None => text.replace(IN_CODE, ""),
    }
}

/// A call of the platform that failed.
pub(crate) fn failure(error: &Error) -> Failure {
    let says = with_causes(error);
    match error {
        Error::Config(error) => Failure::usage(explain(error)),
        _ if error.is_retryable() => {
            let when = match error.retry_after() {
                Some(wait) => format!("in {} s", wait.as_secs()),
                None => "later".to_owned(),
            };
            Failure::new(Failure::TRY_AGAIN, format!("{says}; try again {when}"))
        }
        _ => Failure::new(Failure::REFUSED, says),
    }
}
