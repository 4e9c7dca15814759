//! Reads the fields of a body and collects all errors, so that one answer lists every error.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::problem::{Invalid, Loc, Problem};

/// Fields that are kept unchanged.
pub type Details = BTreeMap<String, Box<RawValue>>;

/// A value, or its errors.
pub type Checked<T> = Result<T, Vec<Invalid>>;

/// The fields of an object with unparsed values. If a name appears twice, the last one counts.
pub type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Reads the fields of a body one by one.
#[derive(Debug)]
pub struct Reader<'a> {
    fields: Fields<'a>,
    invalid: Vec<Invalid>,
}

impl<'a> Reader<'a> {
    /// The fields of a body.
    ///
    /// # Errors
    /// The body is not a JSON object.
    pub fn new(body: &'a str) -> Result<Self, Problem> {
        Ok(Self {
            fields: object(body)?,
            invalid: Vec::new(),
        })
    }

    /// A field, unless it is null.
    pub fn value(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.fields.get(name).copied();
        value.filter(|value| value.get() != "null")
    }

    /// Whether a field was sent as null.
    pub fn is_null(&self, name: &str) -> bool {
        self.fields
            .get(name)
            .is_some_and(|value| value.get() == "null")
    }

    /// The named field, if it is there and has no error.
    pub fn read<T>(
        &mut self,
        name: &'static str,
        check: fn(&RawValue, &'static str) -> Checked<T>,
    ) -> Option<T> {
        self.check(name, self.value(name)?, check)
    }

    /// Checks a value that is nested inside the named field.
    pub fn check<T>(
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

    /// Adds an error.
    pub fn refuse(&mut self, invalid: Invalid) {
        self.invalid.push(invalid);
    }

    /// All other fields, without nulls.
    pub fn others(&self, known: &[&str]) -> Details {
        self.fields
            .iter()
            .filter(|(name, value)| !known.contains(&name.as_str()) && value.get() != "null")
            .map(|(name, value)| (name.clone(), (*value).to_owned()))
            .collect()
    }

    /// Returns `read` if no error was found.
    ///
    /// # Errors
    /// All errors that were found.
    pub fn finish<T>(self, read: T) -> Result<T, Problem> {
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
