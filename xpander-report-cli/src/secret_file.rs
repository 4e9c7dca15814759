use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::failure::Failure;

/// A longer file cannot be a secret.
const MAX_BYTES: u64 = 64 << 10;

/// Reads a secret from a file. `flag` and `what` are for the error.
pub(crate) fn read(flag: &str, what: &str, file: &Path) -> Result<String, Failure> {
    let problem = |problem: &dyn std::fmt::Display| {
        Failure::usage(format_args!("{flag} {}: {problem}", file.display()))
    };
    let mut secret = String::new();
    File::open(file)
        .and_then(|opened| opened.take(MAX_BYTES).read_to_string(&mut secret))
        .map_err(|error| problem(&error))?;
    match secret.trim() {
        "" => Err(problem(&format_args!(
            "it is empty; write the {what} into it"
        ))),
        secret => Ok(secret.to_owned()),
    }
}
