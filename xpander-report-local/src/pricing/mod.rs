//! The cost of responses, by the first known of these: the provider's own charge, the user's own price, zero for a
//! local server, the price list.

mod classes;
mod list;
mod own;
mod source;

use jiff::Timestamp;
use xpander_report::{ProviderResponse, Shape};

use crate::error::Error;
use crate::model::charge::{Basis, Charge, gathered};
use crate::model::cost::Cost;
use crate::model::task::Tokens;
use classes::Classes;
use own::OwnPrices;
use source::Source;

pub use list::PRICE_LIST_DATE;

/// The prices by which the platform computes costs: the price list, and the user's own prices.
///
/// The user's own prices come from a TOML document: a table for each model, with US dollars per million tokens.
/// A name ends with `*` to stand for all names with that start. A name with a dot needs quotes. A price is at most
/// 1,000,000 dollars.
///
/// | field | price of |
/// |---|---|
/// | `input`, `output` | tokens in and out; both are required |
/// | `cache_read`, `cache_write`, `cache_write_1h` | tokens from and to the provider's cache; by default as `input`, the last as `cache_write` |
/// | `reasoning` | reasoning; by default as `output` |
/// | `input_audio`, `output_audio` | audio; by default as `input` and `output` |
/// | `request` | a response, in dollars; by default nothing |
///
/// ```
/// use xpander_report_local::{LocalPlatform, Prices};
///
/// let prices = Prices::from_toml(
///     r#"
///     ["my-finetune-7b"]
///     input = 0.2
///     output = 0.6
///
///     ["gpt-4o*"]
///     input = 2.0
///     output = 8.0
///     cache_read = 1.0
///     "#,
/// )?;
/// let platform = LocalPlatform::builder().port(0).prices(prices).start()?;
/// # Ok::<(), xpander_report_local::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Prices {
    own: OwnPrices,
}

impl Prices {
    /// The price list, overridden and extended by the prices of a TOML document.
    ///
    /// # Errors
    ///
    /// [`Error::Prices`], with the line, if it is not TOML, a field is missing or misspelled, a price is
    /// out of range, or a name has a `*` before its end.
    pub fn from_toml(toml: &str) -> Result<Self, Error> {
        Ok(Self {
            own: OwnPrices::from_toml(toml)?,
        })
    }

    /// Decodes the price list in the background, so that the first report need not wait for it.
    pub(crate) fn warm_up() {
        list::warm_up();
    }

    /// The cost of each response in the JSON at a time. `tokens` are those of the run. They are used if it has a single
    /// response without usage.
    pub(crate) fn charges(&self, json: &str, tokens: Option<Tokens>, at: Timestamp) -> Vec<Charge> {
        let mut responses = ProviderResponse::read_each(json);
        responses.retain(|response| response.shape != Shape::Error);
        if let [response] = responses.as_mut_slice()
            && response.tokens.is_none()
            && let Some(tokens) = tokens
        {
            classes::fill(response, tokens);
        }
        let charges = responses.iter();
        let charges = charges.filter_map(|response| self.charge(response, at));
        gathered(charges.collect())
    }

    /// `None` for a response that was not billed, which has neither usage nor text.
    fn charge(&self, response: &ProviderResponse, at: Timestamp) -> Option<Charge> {
        let billing = &response.billing;
        let is_measured = response.tokens.is_some() || billing.web_searches > 0;
        if !is_measured && billing.charged_nanodollars.is_none() && response.result.is_none() {
            return None;
        }
        let model = response.model.as_deref();
        let source = Source::of(response);
        let (cost, basis) = if let Some(charged) = billing.charged_nanodollars {
            let charged = i64::try_from(charged).unwrap_or(i64::MAX);
            (Some(Cost::new(charged)), Basis::Charged)
        } else if !is_measured {
            (None, Basis::Unmeasured)
        } else {
            let classes = Classes::of(billing);
            let own = model.and_then(|model| self.own.price(model, &classes));
            if let Some(dollars) = own {
                (Some(Cost::from_dollars(dollars)), Basis::Own)
            } else if let Source::Local(server) = source {
                let server = server.to_owned();
                (Some(Cost::default()), Basis::Local { server })
            } else {
                let listed = model.and_then(|model| source.listed(model, &classes, billing, at));
                match listed {
                    Some((dollars, basis)) => (Some(Cost::from_dollars(dollars)), basis),
                    None => (None, Basis::Unknown),
                }
            }
        };
        Some(Charge {
            input_tokens: billing.input_tokens,
            output_tokens: billing.output_tokens,
            cache_read_tokens: billing.cache_read_tokens,
            cache_write_tokens: billing.cache_write_tokens,
            tier: source::tier(billing),
            cost,
            basis,
            ..Charge::unknown(model)
        })
    }
}
