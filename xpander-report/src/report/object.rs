use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A JSON object from the platform. It is read field by field, so that unknown fields are kept and one odd field does
/// not fail the whole object.
pub(crate) struct Record(BTreeMap<String, Box<RawValue>>);

impl Record {
    /// Takes a required field.
    pub(crate) fn required<T: DeserializeOwned, E: Error>(
        &mut self,
        name: &'static str,
    ) -> Result<T, E> {
        let value = self.0.remove(name).ok_or_else(|| E::missing_field(name))?;
        serde_json::from_str(value.get()).map_err(|error| {
            E::custom(format_args!("field `{name}` is `{}`: {error}", value.get()))
        })
    }

    /// Takes an optional field. A field that cannot be parsed stays.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = serde_json::from_str::<Option<T>>(self.0.get(name)?.get()).ok()?;
        self.0.remove(name);
        value
    }

    /// The fields that were not taken.
    pub(crate) fn rest(self) -> BTreeMap<String, Box<RawValue>> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }
}
