use std::borrow::Cow;

use crate::provider::key::Key;
use crate::provider::scan::unescaped;

names! {
    BASE_RESP CODE DELTA ERROR ERROR_CODE ERROR_MSG EVENT MESSAGE REQUEST_ID STATUS_CODE STATUS_MSG
    TYPE
}

/// Where a value is in its document.
pub(super) struct Value {
    /// Where it is in the document, and where the name of a field is, between its quotes.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) name_start: u32,
    pub(super) name_end: u32,
    pub(super) has_escapes: bool,
    pub(super) has_escaped_name: bool,
    pub(super) depth: u8,
    /// How many values it is together with those that lie in it.
    pub(super) size: u32,
    pub(super) key: Key,
    /// The bits of its fields' keys, since most fields that are asked for are not there.
    pub(super) bits: u64,
}

/// A JSON value, taken apart.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Event<'e> {
    json: &'e str,
    value: &'e Value,
    /// What lies in it.
    inside: &'e [Value],
}

impl<'e> Event<'e> {
    /// The first of the values of a document, with those that lie in it.
    pub(super) fn of(json: &'e str, values: &'e [Value]) -> Option<Self> {
        let (value, rest) = values.split_first()?;
        let inside = rest.get(..value.size as usize - 1)?;
        Some(Self {
            json,
            value,
            inside,
        })
    }

    /// As it came.
    pub(in crate::provider) fn raw(self) -> &'e str {
        self.slice(self.value.start, self.value.end)
    }

    fn slice(self, start: u32, end: u32) -> &'e str {
        let place = start as usize..end as usize;
        self.json.get(place).unwrap_or_default()
    }

    pub(in crate::provider) fn key(self) -> Key {
        self.value.key
    }

    /// The name of the field that it is.
    pub(in crate::provider) fn name(self) -> Cow<'e, str> {
        let name = self.slice(self.value.name_start, self.value.name_end);
        match self.value.has_escaped_name {
            true => unescaped(name).into(),
            false => name.into(),
        }
    }

    pub(in crate::provider) fn is_object(self) -> bool {
        self.raw().starts_with('{')
    }

    pub(super) fn is_list(self) -> bool {
        self.raw().starts_with('[')
    }

    pub(super) fn is_null(self) -> bool {
        self.raw() == "null"
    }

    pub(super) fn is_true(self) -> bool {
        self.raw() == "true"
    }

    /// What stands between the quotes of a text.
    pub(super) fn quoted(self) -> Option<&'e str> {
        self.raw().strip_prefix('"')?.strip_suffix('"')
    }

    pub(in crate::provider) fn fields(self) -> impl Iterator<Item = Self> + Clone {
        let is_object = self.is_object();
        self.inside().filter(move |_| is_object)
    }

    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let is_list = self.is_list();
        self.inside().filter(move |_| is_list)
    }

    /// The fields of an object, or the items of a list.
    fn inside(self) -> Inside<'e> {
        Inside {
            json: self.json,
            rest: self.inside,
        }
    }

    /// The field; of several with one key the last, and none that is null.
    #[inline]
    pub(in crate::provider) fn get(self, key: Key) -> Option<Self> {
        match self.value.bits & key.bit() {
            0 => None,
            _ => self.find(key),
        }
    }

    fn find(self, key: Key) -> Option<Self> {
        let depth = self.value.depth + 1;
        let mut values = self.inside.iter();
        let at = values.rposition(|value| value.key == key && value.depth == depth)?;
        let field = Self::of(self.json, self.inside.get(at..)?)?;
        (!field.is_null()).then_some(field)
    }

    pub(in crate::provider) fn text(self, key: Key) -> Option<Cow<'e, str>> {
        let value = self.get(key)?;
        let inside = value.quoted()?;
        Some(match value.value.has_escapes {
            true => unescaped(inside).into(),
            false => inside.into(),
        })
    }

    pub(in crate::provider) fn index(self, key: Key) -> Option<u64> {
        self.get(key)?.raw().parse().ok()
    }

    /// Whether it says that all came to its end.
    pub(in crate::provider) fn is_end(self) -> bool {
        let kind = self.text(TYPE).unwrap_or_default();
        matches!(&*kind, "result" | "turn.completed" | "response.done")
    }

    /// What the event says went wrong.
    pub(in crate::provider) fn error(self) -> Option<Cow<'e, str>> {
        // Cohere says it where it says that the message has ended.
        let error = [Some(self), self.get(DELTA)]
            .into_iter()
            .flatten()
            .find_map(|object| object.get(ERROR));
        if let Some(error) = error.filter(|error| error.is_error()) {
            return Some(error.raw().into());
        }
        let is_named = |key| {
            let kind = self.text(key).unwrap_or_default();
            matches!(&*kind, "error" | "conversation.response.error")
        };
        if is_named(TYPE) || is_named(EVENT) && self.get(MESSAGE).is_some() {
            return Some(self.raw().into());
        }
        // MiniMax, which says it of each event, and Baidu.
        if let Some(base) = self.get(BASE_RESP)
            && let Some(code) = base.index(STATUS_CODE).filter(|code| *code != 0)
        {
            let message = base.get(STATUS_MSG).map_or("null", |message| message.raw());
            return Some(format!(r#"{{"code":{code},"message":{message}}}"#).into());
        }
        if self.get(ERROR_MSG).is_some() && self.get(ERROR_CODE).is_some() {
            return Some(self.raw().into());
        }
        // DashScope, which leaves both empty where all is well.
        let is_text = |key| self.text(key).is_some_and(|text| !text.is_empty());
        if self.get(REQUEST_ID).is_some() && is_text(CODE) && is_text(MESSAGE) {
            return Some(self.raw().into());
        }
        // One of AWS.
        let mut fields = self.fields();
        let (Some(what), None) = (fields.next(), fields.next()) else {
            return None;
        };
        let name = what.name();
        let message = name.ends_with("Exception").then(|| what.get(MESSAGE))?;
        let message = message.map_or("null", |message| message.raw());
        let name = serde_json::to_string(&*name).ok()?;
        Some(format!(r#"{{"type":{name},"message":{message}}}"#).into())
    }

    fn is_error(self) -> bool {
        self.raw().starts_with(['{', '"']) && self.raw() != "\"\""
    }
}

#[derive(Clone)]
struct Inside<'e> {
    json: &'e str,
    rest: &'e [Value],
}

impl<'e> Iterator for Inside<'e> {
    type Item = Event<'e>;

    fn next(&mut self) -> Option<Event<'e>> {
        let event = Event::of(self.json, self.rest)?;
        self.rest = self.rest.get(event.value.size as usize..)?;
        Some(event)
    }
}
