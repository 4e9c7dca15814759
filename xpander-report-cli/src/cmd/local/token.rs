use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;

use crate::failure::Failure;
use crate::secret_file;
use crate::text::printable;

const VARIABLE: &str = "XPANDER_LOCAL_TOKEN";

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// The token that programs send as API key and browsers as password. Prefer a file or
    /// XPANDER_LOCAL_TOKEN: other users can see a program's arguments
    #[arg(long, conflicts_with = "token_file", value_parser = NonEmptyStringValueParser::new())]
    token: Option<String>,

    /// A file with the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// The token, and the shell expression that yields it.
pub(super) struct Token {
    secret: String,
    expression: String,
}

impl Flags {
    pub(super) fn read(&self) -> Result<Option<Token>, Failure> {
        let token = if let Some(secret) = &self.token {
            Some((secret.clone(), given(secret)))
        } else if let Some(file) = &self.token_file {
            let secret = secret_file::read("--token-file", "token", file)?;
            let path = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            let quoted = quoted(&path.display().to_string());
            Some((secret, format!("\"$(cat {quoted})\"")))
        } else {
            match std::env::var(VARIABLE) {
                Ok(secret) if secret.trim().is_empty() => None,
                Ok(secret) => Some((secret.trim().to_owned(), from_variable())),
                Err(std::env::VarError::NotPresent) => None,
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(Failure::usage(format_args!(
                        "{VARIABLE}: its value is not UTF-8; set it again"
                    )));
                }
            }
        };
        Ok(token.map(|(secret, expression)| Token { secret, expression }))
    }
}

/// A terminal already showed the token when it was typed. A log must not show it, so the printed line has a
/// placeholder, which fails with an explanation.
fn given(secret: &str) -> String {
    if io::stdout().is_terminal() && printable(secret) == secret {
        quoted(secret)
    } else if cfg!(windows) {
        "$(throw 'replace this with the value of --token')".to_owned()
    } else {
        "\"${PUT_THE_TOKEN_HERE:?replace this with the value of --token}\"".to_owned()
    }
}

/// Quotes a text for a shell.
fn quoted(text: &str) -> String {
    let quote = if cfg!(windows) { "''" } else { r"'\''" };
    format!("'{}'", text.replace('\'', quote))
}

fn from_variable() -> String {
    let prefix = if cfg!(windows) { "env:" } else { "" };
    format!("\"${prefix}{VARIABLE}\"")
}

impl Token {
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// The placeholder of the secret in a line for a shell.
    pub(super) fn expression(&self) -> &str {
        &self.expression
    }
}
