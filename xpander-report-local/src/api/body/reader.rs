//! Reads the fields of a body and collects all errors, so that one answer lists every error.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::http::problem::{Invalid, Loc, Problem};
use crate::model::change::Details;

/// A value, or its errors.
pub(super) type Checked<T> = Result<T, Vec<Invalid>>;

/// The fields of an object with unparsed values. If a name appears twice, the last one counts.
pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

pub(super) struct Reader<'a> {
    fields: Fields<'a>,
    invalid: Vec<Invalid>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a str) -> Result<Self, Problem> {
        Ok(Self {
            fields: object(body)?,
            invalid: Vec::new(),
        })
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.fields.get(name).copied();
        value.filter(|value| value.get() != "null")
    }

    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        check: fn(&RawValue, &'static str) -> Checked<T>,
    ) -> Option<T> {
        self.check(name, self.value(name)?, check)
    }

    /// Checks a value that is nested inside the named field.
    pub(super) fn check<T>(
        &mut self,
        name: &'static str,
        value: &RawValue,
        check: fn(&RawValue, &'static str) -> Checked<T>,
    ) -> Option<T> {
        match check(value, name) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.invalid.extend(wrong);
                None
            }
        }
    }

    pub(super) fn refuse(&mut self, invalid: Invalid) {
        self.invalid.push(invalid);
    }

    /// All other fields, without nulls.
    pub(super) fn others(&self, known: &[&str]) -> Details {
        self.fields
            .iter()
            .filter(|(name, value)| !known.contains(&name.as_str()) && value.get() != "null")
            .map(|(name, value)| (name.clone(), (*value).to_owned()))
            .collect()
    }

    pub(super) fn finish<T>(self, read: T) -> Result<T, Problem> {
        if self.invalid.is_empty() {
            Ok(read)
        } else {
            Err(Problem::invalid(self.invalid))
        }
    }
}

fn object(body: &str) -> Result<Fields<'_>, Problem> {
    let at = [Loc::Name("body")];
    if body.trim().is_empty() {
        return Err(Problem::invalid(vec![Invalid::new(
            &at,
            "missing",
            "Field required",
        )]));
    }
    serde_json::from_str(body).map_err(|error| {
        let invalid = if error.is_data() {
            Invalid::new(&at, "dict_type", "Input should be a valid JSON object")
        } else {
            Invalid::new(&at, "json_invalid", format!("JSON decode error: {error}"))
        };
        Problem::invalid(vec![invalid])
    })
}
