use std::convert::Infallible;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::str::FromStr;

use crate::failure::Failure;

/// No platform accepts a longer field.
const MAX_BYTES: u64 = 64 << 20;

/// The value of a flag: a text, a file, or standard input.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(String),
    File(PathBuf),
    Input,
}

impl FromStr for Content {
    type Err = Infallible;

    fn from_str(value: &str) -> Result<Self, Infallible> {
        Ok(match value.strip_prefix('@') {
            _ if value == "-" => Self::Input,
            None => Self::Text(value.to_owned()),
            Some("-") => Self::Input,
            Some(literal) if literal.starts_with('@') => Self::Text(literal.to_owned()),
            Some(file) => Self::File(file.into()),
        })
    }
}

impl Content {
    pub(super) fn is_input(&self) -> bool {
        matches!(self, Self::Input)
    }

    /// The text. `flag` is for the error.
    pub(super) fn read(self, flag: &str) -> Result<String, Failure> {
        match self {
            Self::Text(text) => Ok(text),
            Self::File(file) => {
                let origin = format!("{flag} @{}", file.display());
                let opened = File::open(&file).map_err(|error| {
                    Failure::usage(format_args!(
                        "{origin}: {error} (a value that begins with @ is written with two: @@)"
                    ))
                })?;
                read(opened, &origin)
            }
            Self::Input => {
                let input = io::stdin();
                if input.is_terminal() {
                    let _ = writeln!(io::stderr(), "Type the {flag}, then press Ctrl-D.");
                }
                read(input.lock(), &format!("{flag} -"))
            }
        }
    }
}

fn read(source: impl Read, origin: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    source
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format_args!("{origin}: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::usage(format_args!(
            "{origin}: it is longer than {MAX_BYTES} bytes, the platform's limit"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        Failure::usage(format_args!(
            "{origin}: it is not UTF-8 text ({})",
            error.utf8_error()
        ))
    })
}
