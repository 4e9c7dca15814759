use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An object, taken apart one level deep.
pub(super) struct Event<'a> {
    json: &'a RawValue,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Event<'a> {
    /// `None` if it is not JSON.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self::inside)
    }

    /// What is no object has no fields.
    pub(super) fn inside(json: &'a RawValue) -> Self {
        let fields = serde_json::from_str::<Fields<'_>>(json.get());
        Self {
            json,
            fields: fields.map(|fields| fields.0).unwrap_or_default(),
        }
    }

    pub(super) fn json(&self) -> &'a RawValue {
        self.json
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.iter().map(|(name, value)| (&**name, *value))
    }

    /// The field; of several with one name the last, and none that is null.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut fields = self.fields.iter().rev();
        let (_, value) = fields.find(|(key, _)| key == name)?;
        Some(*value).filter(|value| value.get() != "null")
    }

    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name)?)
    }

    pub(super) fn index(&self, name: &str) -> Option<u64> {
        self.get(name)?.get().parse().ok()
    }

    /// What the event says went wrong.
    pub(super) fn error(&self) -> Option<Box<RawValue>> {
        // Cohere says it where it says that the message has ended.
        let delta = self.get("delta").map(Self::inside);
        let error = [Some(self), delta.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|object| object.get("error"));
        if let Some(error) = error.filter(|error| is_error(error)) {
            return Some(error.to_owned());
        }
        let kind = self.text("type").unwrap_or_default();
        if matches!(&*kind, "error" | "conversation.response.error") {
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
pub(super) fn text(json: &RawValue) -> Option<Cow<'_, str>> {
    let name: Name<'_> = serde_json::from_str(json.get()).ok()?;
    Some(name.0)
}

/// Whether it is there and true.
pub(super) fn is_true(json: Option<&RawValue>) -> bool {
    json.is_some_and(|json| json.get() == "true")
}

/// The items of a list.
pub(super) fn items(json: &RawValue) -> Vec<&RawValue> {
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
