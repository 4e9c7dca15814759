//! The terms of a text: its words without those that say nothing about it.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words too common to tell anything about a text. Those of one letter are left out by length.
static STOP_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "about above after again all also although always am an and another any anyone anything are \
    around as at be because been before being below between both but by can cannot could did do \
    does doing don done down each either else etc even every few first for from further get gets \
    getting given go goes good got had has have having he her here his how however if in instead \
    into is isn it its itself just know last least less let like likely look made make makes \
    making many may maybe me might more most much must my need needs never new no nor not nothing \
    now of off often on once one only onto or other others our out over own per please put rather \
    really same see seem several she should simple simply since so some something still such sure \
    take than that the their them then there therefore these they thing things this those though \
    through thus to together too two under until up upon us use used uses using usually various \
    very via want was way ways we well were what when where whether which while who whole whose \
    why will with within without won work works would yes yet you your yourself \
    ll re ve doesn didn aren wasn couldn shouldn wouldn eg ie http https www com"
        .split_ascii_whitespace()
        .collect()
});

/// The terms of `text` in order, in lower case and without an English plural's ending.
pub(crate) fn terms(text: &str) -> impl Iterator<Item = String> {
    words(text)
        .map(str::to_lowercase)
        .filter(|word| is_telling(word))
        .map(singular)
}

/// The words of `text`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn is_telling(word: &str) -> bool {
    word.chars().count() > 1 && word.chars().any(char::is_alphabetic) && !STOP_WORDS.contains(word)
}

fn singular(mut word: String) -> String {
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is"]
            .iter()
            .any(|ending| word.ends_with(ending))
    {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_numbers_and_plurals_go() {
        let terms: Vec<_> =
            terms("The Parsers don't use 42 libraries, class is status_bits").collect();
        assert_eq!(terms, ["parser", "library", "class", "status_bit"]);
    }
}
