use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::provider::key;

/// An object, taken apart one level deep.
pub(in crate::provider) struct Event<'a> {
    json: &'a RawValue,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Event<'a> {
    /// `None` if it is not JSON.
    pub(in crate::provider) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self::inside)
    }

    /// What is no object has no fields.
    pub(in crate::provider) fn inside(json: &'a RawValue) -> Self {
        let fields = serde_json::from_str::<Fields<'_>>(json.get());
        Self {
            json,
            fields: fields.map(|fields| fields.0).unwrap_or_default(),
        }
    }

    pub(in crate::provider) fn json(&self) -> &'a RawValue {
        self.json
    }

    pub(in crate::provider) fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.iter().map(|(name, value)| (&**name, *value))
    }

    /// The field; of several with one name the last, and none that is null.
    pub(in crate::provider) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut fields = self.fields.iter().rev();
        let (_, value) = fields.find(|(key, _)| key::is_same(key, name))?;
        Some(*value).filter(|value| value.get() != "null")
    }

    pub(in crate::provider) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name)?)
    }

    pub(in crate::provider) fn index(&self, name: &str) -> Option<u64> {
        self.get(name)?.get().parse().ok()
    }

    /// Whether it says that all came to its end.
    pub(in crate::provider) fn is_end(&self) -> bool {
        let kind = self.text("type").unwrap_or_default();
        matches!(&*kind, "result" | "turn.completed" | "response.done")
    }

    /// What the event says went wrong.
    pub(in crate::provider) fn error(&self) -> Option<Box<RawValue>> {
        // Cohere says it where it says that the message has ended.
        let delta = self.get("delta").map(Self::inside);
        let error = [Some(self), delta.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|object| object.get("error"));
        if let Some(error) = error.filter(|error| is_error(error)) {
            return Some(error.to_owned());
        }
        let is_named = |name| {
            let kind = self.text(name).unwrap_or_default();
            matches!(&*kind, "error" | "conversation.response.error")
        };
        if is_named("type") || is_named("event") && self.get("message").is_some() {
            return Some(self.json.to_owned());
        }
        // MiniMax, which says it of each event, and Baidu.
        let base = self.get("base_resp").map(Self::inside);
        if let Some(code) = base.as_ref().and_then(|base| base.index("status_code"))
            && code != 0
        {
            let base = base?;
            let message = base.get("status_msg").unwrap_or(RawValue::NULL);
            let error = format!(r#"{{"code":{code},"message":{message}}}"#);
            return RawValue::from_string(error).ok();
        }
        if self.get("error_msg").is_some() && self.get("error_code").is_some() {
            return Some(self.json.to_owned());
        }
        // One of AWS.
        let [(name, what)] = self.fields.as_slice() else {
            return None;
        };
        let message = name.ends_with("Exception").then(|| Self::inside(what))?;
        let message = message.get("message").unwrap_or(RawValue::NULL);
        let name = serde_json::to_string(name).ok()?;
        RawValue::from_string(format!(r#"{{"type":{name},"message":{message}}}"#)).ok()
    }
}

fn is_error(json: &RawValue) -> bool {
    json.get().starts_with(['{', '"']) && json.get() != "\"\""
}

/// A text, if it is one.
pub(in crate::provider) fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    let name: Name<'_> = serde_json::from_str(json.get()).ok()?;
    Some(name.0)
}

/// Whether it is there and true.
pub(in crate::provider) fn is_true(json: Option<&RawValue>) -> bool {
    json.is_some_and(|json| json.get() == "true")
}

/// The items of a list.
pub(in crate::provider) fn items(json: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(json.get()).unwrap_or_default()
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((Name(name), value)) = map.next_entry()? {
            self.0.push((name, value));
        }
        Ok(self)
    }
}
