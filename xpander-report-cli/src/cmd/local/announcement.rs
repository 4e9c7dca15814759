use std::io::{self, Write};
use std::path::Path;

use super::token::Token;

/// The message after the start: URL, data file and how to report to the platform.
pub(super) struct Announcement<'a> {
    pub(super) url: String,
    pub(super) data: Option<&'a Path>,
    pub(super) token: Option<&'a Token>,
    /// Other machines cannot use any allowed name of this machine.
    pub(super) refuses_others: bool,
}

impl Announcement<'_> {
    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        writeln!(output, "The local platform runs at {}", self.url)?;
        match self.data {
            Some(file) => writeln!(output, "Its data is in {}", file.display())?,
            None => writeln!(output, "Its data is in memory and is lost when it stops")?,
        }
        writeln!(output)?;
        writeln!(output, "In the terminal of your program:")?;
        writeln!(output)?;
        let key = self.token.map_or("local", Token::expression);
        export(output, "XPANDER_BASE_URL", &self.url)?;
        export(output, "XPANDER_API_KEY", key)?;
        export(output, "XPANDER_AGENT_ID", "my-agent")?;
        writeln!(output)?;
        if self.refuses_others {
            writeln!(
                output,
                "Requests from other machines are refused until you allow the name or \
                 address\nthat they use for this machine: --allow-host NAME"
            )?;
            writeln!(output)?;
        }
        writeln!(output, "Ctrl-C stops it.")?;
        output.flush()
    }
}

fn export(output: &mut impl Write, variable: &str, value: &str) -> io::Result<()> {
    if cfg!(windows) {
        let quote = if value.starts_with(['"', '\'', '$']) {
            ""
        } else {
            "\""
        };
        writeln!(output, "  $env:{variable} = {quote}{value}{quote}")
    } else {
        writeln!(output, "  export {variable}={value}")
    }
}
