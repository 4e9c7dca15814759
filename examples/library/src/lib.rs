//! An example of a library that instruments its functions. It depends on `xpander-report` without the default features,
//! so its users do not pay for an HTTP client. Nothing is reported until they install a reporter.

/// Re-exported, so that applications configure the version that this library reports with.
pub use xpander_report;

use xpander_report::external_task;

/// The terms that a text uses most, the most frequent first.
///
/// # Errors
/// The text has no word of four letters or more.
#[external_task(crate = crate::xpander_report)]
pub fn key_terms(text: &str, count: usize) -> Result<Vec<String>, NoTerms> {
    let mut terms: Vec<(String, usize)> = Vec::new();
    let words = text.split(|c: char| !c.is_alphabetic());
    for word in words.filter(|word| word.chars().count() >= 4) {
        let word = word.to_lowercase();
        match terms.iter_mut().find(|(term, _)| *term == word) {
            Some((_, uses)) => *uses += 1,
            None => terms.push((word, 1)),
        }
    }
    // Stable, so that terms of the same frequency keep their order.
    terms.sort_by_key(|(_, uses)| std::cmp::Reverse(*uses));
    if terms.is_empty() {
        return Err(NoTerms);
    }
    Ok(terms
        .into_iter()
        .take(count)
        .map(|(term, _)| term)
        .collect())
}

/// A text without terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTerms;

impl std::fmt::Display for NoTerms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the text has no word of four letters or more")
    }
}

impl std::error::Error for NoTerms {}
