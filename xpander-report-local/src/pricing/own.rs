//! The user's own prices.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::classes::Classes;
use crate::error::Error;

/// A name that ends with it matches all names with that prefix.
const ANY: char = '*';

/// Prices by the names of models in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnPrices(BTreeMap<String, OwnPrice>);

/// Dollars per million tokens, except for `request`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// A number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
struct Price(f64);

impl TryFrom<f64> for Price {
    type Error = &'static str;

    fn try_from(dollars: f64) -> Result<Self, Self::Error> {
        if dollars.is_finite() && dollars >= 0.0 {
            Ok(Self(dollars))
        } else {
            Err("a price must be a number of dollars, 0 or more")
        }
    }
}

impl OwnPrices {
    pub(super) fn from_toml(toml: &str) -> Result<Self, Error> {
        let prices: BTreeMap<String, OwnPrice> = toml::from_str(toml).map_err(|error| {
            let line = error.span().map(|span| {
                let before = toml.get(..span.start).unwrap_or_default();
                before.matches('\n').count() + 1
            });
            Error::Prices {
                line,
                message: error.message().to_owned(),
            }
        })?;
        let mut own = BTreeMap::new();
        for (model, price) in prices {
            if own.insert(model.to_lowercase(), price).is_some() {
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
            ("[m]\ninput = -1\noutput = 2", Some(2), "0 or more"),
            ("[m]\ninput = \"1\"\noutput = 2", Some(2), "string"),
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
}
