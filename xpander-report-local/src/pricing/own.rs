//! The user's own prices.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::classes::Classes;
use crate::error::Error;

/// A name that ends with it matches all names with that prefix.
const ANY: char = '*';

/// Prices by the names of models in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnPrices(BTreeMap<String, OwnPrice>);

/// Dollars per million tokens, except for `request`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table with the prices `input` and `output`"
)]
struct OwnPrice {
    input: Price,
    output: Price,
    cache_read: Option<Price>,
    cache_write: Option<Price>,
    cache_write_1h: Option<Price>,
    reasoning: Option<Price>,
    input_audio: Option<Price>,
    output_audio: Option<Price>,
    request: Option<Price>,
}

/// A higher price per million tokens, or per response, is a mistake.
const MAX_DOLLARS: f64 = 1e6;

/// A number from 0 to [`MAX_DOLLARS`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Price(f64);

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(PriceVisitor)
    }
}

struct PriceVisitor;

impl Visitor<'_> for PriceVisitor {
    type Value = Price;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number of dollars from 0 to {MAX_DOLLARS}")
    }

    fn visit_f64<E: de::Error>(self, dollars: f64) -> Result<Price, E> {
        if (0.0..=MAX_DOLLARS).contains(&dollars) {
            Ok(Price(dollars))
        } else {
            let found = format!("the price {dollars:?}");
            Err(E::invalid_value(de::Unexpected::Other(&found), &self))
        }
    }

    fn visit_i64<E: de::Error>(self, dollars: i64) -> Result<Price, E> {
        self.visit_f64(dollars as f64)
    }
}

impl OwnPrices {
    pub(super) fn from_toml(toml: &str) -> Result<Self, Error> {
        let read: BTreeMap<Spanned<String>, OwnPrice> = toml::from_str(toml).map_err(|error| {
            let hint = dotted_name(toml, &error).map_or_else(String::new, |name| {
                format!("; a name with a dot needs quotes: \"{name}\"")
            });
            mistake(toml, error.span(), format!("{}{hint}", error.message()))
        })?;
        let mut own = BTreeMap::new();
        for (model, price) in read {
            let span = Some(model.span());
            let model = model.into_inner();
            if let Some((_, rest)) = model.split_once(ANY)
                && !rest.is_empty()
            {
                let why = format!(
                    "the name {model:?} has a {ANY} that is not at its end; only a {ANY} at the end \
                     stands for other characters"
                );
                return Err(mistake(toml, span, why));
            }
            let name = model.to_lowercase();
            if own.insert(name, price).is_some() {
                return Err(Error::Prices {
                    line: None,
                    message: format!(
                        "the model {model:?} has two prices; names are case-insensitive"
                    ),
                });
            }
        }
        Ok(Self(own))
    }

    /// The price in dollars: that of the model, else that of the longest matching prefix.
    pub(super) fn price(&self, model: &str, classes: &Classes) -> Option<f64> {
        if self.0.is_empty() {
            return None;
        }
        let model = model.to_lowercase();
        let starts = self.0.iter().filter_map(|(name, price)| {
            let start = name.strip_suffix(ANY)?;
            model.starts_with(start).then_some((start.len(), price))
        });
        let price = match self.0.get(&model) {
            Some(price) => price,
            None => starts.max_by_key(|(length, _)| *length)?.1,
        };
        Some(price.of(classes))
    }
}

/// An error at a place of the document.
fn mistake(toml: &str, span: Option<Range<usize>>, message: String) -> Error {
    let line = span.map(|span| {
        let before = toml.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    });
    Error::Prices { line, message }
}

/// The name of a model whose dot made TOML take its end for a field.
fn dotted_name<'t>(toml: &'t str, error: &toml::de::Error) -> Option<&'t str> {
    if !error.message().starts_with("unknown field") {
        return None;
    }
    let start = error.span()?.start;
    let begins = toml.get(..start)?.rfind('\n').map_or(0, |end| end + 1);
    let line = toml.get(begins..)?.lines().next()?.trim();
    let name = match line.strip_prefix('[') {
        Some(header) => header.split_once(']')?.0,
        None => {
            let (name, value) = line.split_once('=')?;
            value.trim_start().starts_with('{').then_some(name)?
        }
    };
    let is_dotted = name.contains('.') && !name.contains(['"', '\'']);
    is_dotted.then_some(name.trim())
}

impl OwnPrice {
    fn of(&self, classes: &Classes) -> f64 {
        let or = |price: Option<Price>, other: Price| price.unwrap_or(other);
        let cache_read = or(self.cache_read, self.input);
        let cache_write = or(self.cache_write, self.input);
        let audio = classes.input_audio - classes.cached_audio;
        let read = classes.cache_read;
        let write = classes.cache_write - classes.cache_write_1h;
        let input = classes
            .input
            .saturating_sub(audio + classes.cache_read + classes.cache_write);
        let output = classes.output - classes.output_audio - classes.reasoning;
        let classes = [
            (input, self.input),
            (read, cache_read),
            (write, cache_write),
            (classes.cache_write_1h, or(self.cache_write_1h, cache_write)),
            (audio, or(self.input_audio, self.input)),
            (output, self.output),
            (classes.reasoning, or(self.reasoning, self.output)),
            (classes.output_audio, or(self.output_audio, self.output)),
        ];
        let tokens: f64 = classes
            .into_iter()
            .map(|(count, price)| count as f64 * price.0 / 1e6)
            .sum();
        tokens + self.request.map_or(0.0, |price| price.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(toml: &str) -> OwnPrices {
        OwnPrices::from_toml(toml).unwrap()
    }

    const USED: Classes = Classes {
        input: 1_000_000,
        cache_read: 500_000,
        cache_write: 200_000,
        cache_write_1h: 100_000,
        output: 100_000,
        reasoning: 40_000,
        input_audio: 0,
        input_image: 0,
        cached_audio: 0,
        cached_image: 0,
        output_audio: 0,
        output_image: 0,
        citations: 0,
        web_searches: 0,
    };

    #[test]
    fn each_class_has_its_price() {
        let all = prices(
            "[m]\ninput = 1\noutput = 10\ncache_read = 0.1\ncache_write = 2\ncache_write_1h = 4\nreasoning = 5\n\
             request = 0.5",
        );
        // 0.3 × 1 + 0.5 × 0.1 + 0.1 × 2 + 0.1 × 4 + 0.06 × 10 + 0.04 × 5 + 0.5
        let price = all.price("M", &USED).unwrap();
        assert!((price - 2.25).abs() < 1e-9, "{price}");
        let few = prices("[m]\ninput = 1\noutput = 10");
        assert!((few.price("m", &USED).unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_longest_start_counts_unless_the_name_itself_has_a_price() {
        let all = prices(
            "['a*']\ninput = 1\noutput = 0\n['ab*']\ninput = 2\noutput = 0\n[abc]\ninput = 3\noutput = 0",
        );
        let price = |model| all.price(model, &USED).map(f64::round);
        assert_eq!(price("ax"), Some(1.0));
        assert_eq!(price("abx"), Some(2.0));
        assert_eq!(price("abc"), Some(3.0));
        assert_eq!(price("b"), None);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (toml, line, said) in [
            (
                "[m]\ninput = 1\noutptu = 2",
                Some(3),
                "unknown field `outptu`",
            ),
            ("[m]\ninput = 1", Some(1), "missing field `output`"),
            (
                "[m]\ninput = -1\noutput = 2",
                Some(2),
                "the price -1.0, expected a number of dollars from 0 to 1000000",
            ),
            (
                "[m]\ninput = 1\noutput = 1e300",
                Some(3),
                "the price 1e300, expected a number of dollars from 0 to 1000000",
            ),
            ("[m]\ninput = nan\noutput = 2", Some(2), "the price NaN"),
            (
                "[m]\ninput = \"1\"\noutput = 2",
                Some(2),
                "string \"1\", expected a number of dollars from 0 to 1000000",
            ),
            (
                "m = 1",
                Some(1),
                "integer `1`, expected a table with the prices `input` and `output`",
            ),
            (
                "\n[gpt-4.1]\ninput = 1\noutput = 2",
                Some(2),
                "unknown field `1`, expected one of",
            ),
            (
                "\n[ gpt-4.1 ]\ninput = 1\noutput = 2",
                Some(2),
                "; a name with a dot needs quotes: \"gpt-4.1\"",
            ),
            (
                "gpt-4.1-mini = { input = 1, output = 2 }",
                Some(1),
                "; a name with a dot needs quotes: \"gpt-4.1-mini\"",
            ),
            (
                "['a*b']\ninput = 1\noutput = 2",
                Some(1),
                "the name \"a*b\" has a * that is not at its end",
            ),
            ("[m\n", Some(1), ""),
            (
                "[m]\ninput=1\noutput=1\n[M]\ninput=1\noutput=1",
                None,
                "two prices",
            ),
        ] {
            let Err(Error::Prices { line: at, message }) = OwnPrices::from_toml(toml) else {
                panic!("{toml} is taken");
            };
            assert_eq!(at, line, "{toml}: {message}");
            assert!(message.contains(said), "{toml}: {message}");
        }
    }

    #[test]
    fn the_highest_price_is_a_million_dollars() {
        let all = prices("[m]\ninput = 1000000\noutput = 0\n['*']\ninput = 0\noutput = 0");
        assert_eq!(all.price("m", &USED).map(f64::round), Some(1e6));
        let known = OwnPrices::from_toml("['a**']\ninput = 0\noutput = 0");
        assert!(known.is_err(), "only one * at the end");
    }
}
