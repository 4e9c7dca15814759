//! Extractive summaries: the sentences of a text that say most about it, unchanged.

mod markdown;
mod sentences;
pub(crate) mod terms;

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use markdown::{Block, Kind};

/// How many words are the summary of a text without sentences.
const FIRST_WORDS: usize = 24;

/// The lengths in words of a sentence that is worth picking if there is another.
const WORDS: RangeInclusive<usize> = 5..=45;

/// Added to a sentence's length before its score is divided by it. Without this, the shortest sentences would win;
/// without the division, the longest.
const LENGTH_SLACK: f64 = 9.0;

/// How slowly the bonus for an early position decreases, in sentences.
const EARLY: f64 = 1.5;

/// How much of its weight a term keeps once a picked sentence carries it.
const REPEATED: f64 = 0.4;

/// The factor of a score for each property that makes a sentence unclear by itself: it depends on its context, refers
/// to something else, or is an item of a list.
const DISCOUNT: f64 = 0.6;

/// First words of sentences that depend on their context.
const LEANING_WORDS: [&str; 30] = [
    "additionally",
    "also",
    "alternatively",
    "and",
    "but",
    "finally",
    "first",
    "furthermore",
    "he",
    "here",
    "however",
    "instead",
    "it",
    "moreover",
    "next",
    "note",
    "now",
    "or",
    "otherwise",
    "see",
    "she",
    "similarly",
    "so",
    "that",
    "then",
    "these",
    "they",
    "this",
    "those",
    "thus",
];

/// Words in the headings of sections that say little about a text's subject.
const ASIDES: [&str; 24] = [
    "acknowledgement",
    "author",
    "build",
    "building",
    "changelog",
    "community",
    "conduct",
    "compatibility",
    "contact",
    "content",
    "contribute",
    "contributing",
    "contribution",
    "contributor",
    "copyright",
    "credit",
    "help",
    "installation",
    "license",
    "licence",
    "msrv",
    "release",
    "sponsor",
    "version",
];

/// Summarises `text` in its `sentences` most telling sentences.
///
/// The text may be plain or Markdown. Markup, code blocks, tables and images are left out, and so
/// are sections on licences, contributing and the like when there is anything else. A sentence
/// counts for the frequent terms it carries, in proportion to its length, with a bonus for
/// standing early; a term counts less once a picked sentence carries it. The picked sentences are
/// joined in the order of the text.
///
/// The same text gives the same summary. A text without a sentence gives its first words.
pub fn summarise(text: &str, sentences: usize) -> String {
    if sentences == 0 {
        return String::new();
    }
    let blocks = markdown::blocks(text);
    let candidates = candidates(&blocks);
    if candidates.is_empty() {
        return first_words(text, &blocks);
    }
    let mut picked = pick(&candidates, weights(&blocks), sentences);
    picked.sort_unstable();
    let picked: Vec<&str> = picked.iter().map(|&index| candidates[index].text).collect();
    picked.join(" ")
}

/// A sentence that may be picked.
struct Candidate<'a> {
    text: &'a str,
    terms: Vec<String>,
    /// The factor of the terms' weight.
    factor: f64,
}

/// The candidates in order: the sentences of the best kind that exists.
fn candidates(blocks: &[Block]) -> Vec<Candidate<'_>> {
    let sentences: Vec<(&str, Kind, bool)> = blocks
        .iter()
        .zip(asides(blocks))
        .filter(|(block, _)| !matches!(block.kind, Kind::Heading(_)))
        .flat_map(|(block, aside)| {
            let sentences = sentences::split(&block.text).into_iter();
            sentences.map(move |sentence| (sentence, block.kind, aside))
        })
        .filter(|(sentence, ..)| sentences::is_complete(sentence))
        .collect();
    let kinds: [fn(&str, bool) -> bool; 3] = [
        |sentence, aside| !aside && is_telling(sentence),
        |sentence, _| is_telling(sentence),
        |_, _| true,
    ];
    let candidates = kinds.iter().map(|is_kind| {
        let of_kind = sentences
            .iter()
            .filter(|(text, _, aside)| is_kind(text, *aside));
        let candidates = of_kind.enumerate();
        candidates
            .map(|(position, &(text, kind, _))| Candidate::new(text, kind, position))
            .collect::<Vec<_>>()
    });
    candidates
        .into_iter()
        .find(|candidates| !candidates.is_empty())
        .unwrap_or_default()
}

/// Whether `sentence` is neither too short, nor too long, nor shouted.
fn is_telling(sentence: &str) -> bool {
    let letters = || sentence.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    WORDS.contains(&terms::words(sentence).count()) && capitals * 2 < letters().count()
}

impl<'a> Candidate<'a> {
    fn new(text: &'a str, kind: Kind, position: usize) -> Self {
        let mut seen = HashSet::new();
        let terms = terms::terms(text).filter(|term| seen.insert(term.clone()));
        Self {
            text,
            terms: terms.collect(),
            factor: factor(text, kind, position),
        }
    }

    fn score(&self, weights: &HashMap<String, f64>) -> f64 {
        let weight = |term| weights.get(term).copied().unwrap_or(0.0);
        self.factor * self.terms.iter().map(weight).sum::<f64>()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no text has 2^52 words")]
fn factor(text: &str, kind: Kind, position: usize) -> f64 {
    let words = terms::words(text).count() as f64;
    let early = 1.0 + EARLY / (position as f64 + EARLY);
    let first = terms::words(text).next().unwrap_or_default().to_lowercase();
    let discounts = [
        position > 0 && LEANING_WORDS.contains(&first.as_str()),
        ["://", "example", "icensed under"]
            .iter()
            .any(|part| text.contains(part)),
        kind == Kind::Item,
    ];
    let discounts = discounts.into_iter().filter(|discount| *discount);
    early * discounts.map(|_| DISCOUNT).product::<f64>() / (words + LENGTH_SLACK)
}

/// Whether each block belongs to a section that says nothing about the text's subject.
fn asides(blocks: &[Block]) -> Vec<bool> {
    let mut aside = None;
    blocks
        .iter()
        .map(|block| {
            if let Kind::Heading(level) = block.kind
                && aside.is_none_or(|aside| level <= aside)
            {
                let mut terms = terms::terms(&block.text);
                aside = terms
                    .any(|term| ASIDES.contains(&term.as_str()))
                    .then_some(level);
            }
            aside.is_some()
        })
        .collect()
}

/// The weight of each term, which grows with its frequency and is nearly zero for a single occurrence. A heading counts
/// twice.
fn weights(blocks: &[Block]) -> HashMap<String, f64> {
    let mut counts = HashMap::new();
    for block in blocks {
        let count = if matches!(block.kind, Kind::Heading(_)) {
            2.0
        } else {
            1.0
        };
        for term in terms::terms(&block.text) {
            *counts.entry(term).or_insert(0.0) += count;
        }
    }
    for count in counts.values_mut() {
        *count = f64::ln(*count) + 0.2;
    }
    counts
}

/// The indices of the best `number` of `candidates`, best first.
fn pick(
    candidates: &[Candidate<'_>],
    mut weights: HashMap<String, f64>,
    number: usize,
) -> Vec<usize> {
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    let mut picked = Vec::new();
    while picked.len() < number {
        let scores = left
            .iter()
            .map(|&index| candidates[index].score(&weights))
            .enumerate();
        // The earlier of equals: `max_by` takes the last.
        let Some((best, _)) = scores.rev().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            break;
        };
        let index = left.remove(best);
        for term in &candidates[index].terms {
            if let Some(weight) = weights.get_mut(term) {
                *weight *= REPEATED;
            }
        }
        let text = candidates[index].text;
        left.retain(|&other| candidates[other].text != text);
        picked.push(index);
    }
    picked
}

/// The first words of `blocks`, or of `text` itself when there is no prose in it.
fn first_words(text: &str, blocks: &[Block]) -> String {
    let prose = blocks
        .iter()
        .flat_map(|block| block.text.split_whitespace());
    let raw = text.split_whitespace().filter(|_| blocks.is_empty());
    let words: Vec<&str> = prose.chain(raw).take(FIRST_WORDS).collect();
    words.join(" ")
}
