use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A field that only the local platform has, even if it is null.
const COST: &str = "cost_usd";

/// A task as the platform returns it. A missing or invalid field counts as unknown.
#[derive(Debug)]
pub(super) struct Record {
    json: Box<RawValue>,
    fields: Map<String, Value>,
}

impl Record {
    pub(super) fn new(json: Box<RawValue>) -> serde_json::Result<Self> {
        let fields = serde_json::from_str(json.get())?;
        Ok(Self { json, fields })
    }

    pub(super) fn json(&self) -> &RawValue {
        &self.json
    }

    /// Whether it comes from the local platform.
    pub(super) fn is_local(&self) -> bool {
        self.fields.contains_key(COST)
    }

    pub(super) fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// A text. `None` if it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.fields.get(name)?.as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    pub(super) fn status(&self) -> &str {
        self.text("status").unwrap_or("unknown")
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.status(), "failed" | "error")
    }

    /// Seconds. `None` for 0, which clients send for unknown.
    pub(super) fn duration(&self) -> Option<f64> {
        let seconds = self.fields.get("duration")?.as_f64()?;
        (seconds > 0.0).then_some(seconds)
    }

    /// A count of the tokens.
    pub(super) fn tokens(&self, name: &str) -> Option<i64> {
        self.fields.get("tokens")?.get(name)?.as_i64()
    }

    /// The cost in dollars.
    pub(super) fn cost(&self) -> Option<f64> {
        self.fields.get(COST)?.as_f64()
    }

    pub(super) fn tools(&self) -> Vec<&str> {
        let tools = self.fields.get("used_tools").and_then(Value::as_array);
        let tools = tools.into_iter().flatten();
        tools.filter_map(Value::as_str).collect()
    }

    /// The input, or its start in a list.
    pub(super) fn input(&self) -> Option<&str> {
        let whole = || self.fields.get("input")?.get("text")?.as_str();
        self.text("input_start")
            .or_else(whole)
            .filter(|text| !text.trim().is_empty())
    }

    /// A time, in the forms that platforms give.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let utc = |time: DateTime| Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp());
        match self.fields.get(name)? {
            Value::Number(seconds) => {
                let seconds = seconds.as_f64()?;
                Timestamp::from_microsecond((seconds * 1e6) as i64).ok()
            }
            Value::String(text) => text
                .parse()
                .ok()
                .or_else(|| utc(text.parse::<DateTime>().ok()?))
                .or_else(|| utc(text.parse::<Date>().ok()?.into())),
            _ => None,
        }
    }
}
