//! The SDK's own types for values of any form.

use std::collections::BTreeMap;

use aws_smithy_types::{Blob, Document, Number, base64};
use serde_json::Value;

pub(super) fn document(document: &Document) -> Value {
    match document {
        Document::Object(fields) => {
            // Sorted: the same response has the same bytes, and is counted once.
            let fields: BTreeMap<_, _> = fields.iter().collect();
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (name.clone(), self::document(value)));
            Value::Object(fields.collect())
        }
        Document::Array(items) => items.iter().map(self::document).collect(),
        Document::Number(number) => match *number {
            Number::PosInt(number) => number.into(),
            Number::NegInt(number) => number.into(),
            Number::Float(number) => number.into(),
        },
        Document::String(text) => text.as_str().into(),
        Document::Bool(value) => (*value).into(),
        Document::Null => Value::Null,
    }
}

/// Bytes, as JSON carries them.
pub(super) fn blob(blob: &Blob) -> Value {
    base64::encode(blob).into()
}
