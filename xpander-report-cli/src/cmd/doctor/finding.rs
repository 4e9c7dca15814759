use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use textwrap::Options;

use crate::text::{printable, shorten};

const MAX_COLUMNS: usize = 80;
/// How many characters of a platform's message are shown.
const MAX_CHARS: usize = 200;

/// The result of one check.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    /// The finding: a setting's value, or the outcome of a check.
    pub(super) says: Option<String>,
    /// Where a setting comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// Its meaning, and what to do.
    pub(super) advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Ok,
    /// It may be intended, or the reason that something is missing.
    Note,
    Wrong,
    /// It was not checked.
    Skipped,
}

impl Finding {
    pub(super) fn new(name: &'static str, outcome: Outcome, says: impl Into<String>) -> Self {
        Self {
            name,
            outcome,
            says: Some(says.into()),
            source: None,
            advice: None,
        }
    }

    pub(super) fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self::new(name, Outcome::Ok, says)
    }

    pub(super) fn wrong(
        name: &'static str,
        says: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(name, Outcome::Wrong, says).advise(advice)
    }

    pub(super) fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self::new(name, Outcome::Skipped, why)
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let mark = match self.outcome {
            Outcome::Ok => "ok",
            Outcome::Note => "note",
            Outcome::Wrong => "WRONG",
            Outcome::Skipped => "-",
        };
        let says = self.says.as_deref().unwrap_or("not set");
        let says = match &self.source {
            Some(source) => format!("{says} ({source})"),
            None => says.to_owned(),
        };
        let first = format!("  {mark:<6}{:<17}", self.name);
        let further = " ".repeat(first.len());
        write_wrapped(output, &first, &further, &says)?;
        match &self.advice {
            Some(advice) => write_wrapped(output, &further, &further, advice),
            None => Ok(()),
        }
    }
}

/// The start of a platform's message.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    shorten(text, MAX_CHARS)
}

fn write_wrapped(
    output: &mut impl Write,
    first: &str,
    further: &str,
    text: &str,
) -> io::Result<()> {
    // A wrapped URL cannot be copied.
    let options = Options::new(MAX_COLUMNS)
        .initial_indent(first)
        .subsequent_indent(further)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for line in textwrap::wrap(&printable(text), options) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}
