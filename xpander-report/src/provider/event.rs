use std::borrow::Cow;

use crate::provider::key;

/// A JSON value, taken apart.
pub(in crate::provider) struct Event<'a> {
    raw: &'a str,
    inside: Inside<'a>,
}

pub(super) enum Inside<'a> {
    /// What is neither an object nor a list, or lies so deep that nobody looks into it.
    Leaf,
    Fields(Vec<(Cow<'a, str>, Event<'a>)>),
    Items(Vec<Event<'a>>),
}

impl<'a> Event<'a> {
    pub(super) fn new(raw: &'a str, inside: Inside<'a>) -> Self {
        Self { raw, inside }
    }

    /// As it came.
    pub(in crate::provider) fn raw(&self) -> &'a str {
        self.raw
    }

    pub(in crate::provider) fn is_object(&self) -> bool {
        self.raw.starts_with('{')
    }

    pub(super) fn is_list(&self) -> bool {
        self.raw.starts_with('[')
    }

    /// What stands between the quotes of a text.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        self.raw.strip_prefix('"')?.strip_suffix('"')
    }

    pub(in crate::provider) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = match &self.inside {
            Inside::Fields(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, value)| (&**name, value))
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.inside {
            Inside::Items(items) => items,
            _ => &[],
        }
    }

    /// The field; of several with one name the last, and none that is null.
    pub(in crate::provider) fn get(&self, name: &str) -> Option<&Self> {
        let Inside::Fields(fields) = &self.inside else {
            return None;
        };
        let mut fields = fields.iter().rev();
        let (_, value) = fields.find(|(key, _)| key::is_same(key, name))?;
        Some(value).filter(|value| value.raw != "null")
    }

    pub(in crate::provider) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.get(name)?;
        let inside = value.quoted()?;
        if inside.contains('\\') {
            return serde_json::from_str(value.raw).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inside))
    }

    pub(in crate::provider) fn index(&self, name: &str) -> Option<u64> {
        self.get(name)?.raw.parse().ok()
    }

    /// Whether it says that all came to its end.
    pub(in crate::provider) fn is_end(&self) -> bool {
        let kind = self.text("type").unwrap_or_default();
        matches!(&*kind, "result" | "turn.completed" | "response.done")
    }

    /// What the event says went wrong.
    pub(in crate::provider) fn error(&self) -> Option<Cow<'a, str>> {
        // Cohere says it where it says that the message has ended.
        let error = [Some(self), self.get("delta")]
            .into_iter()
            .flatten()
            .find_map(|object| object.get("error"));
        if let Some(error) = error.filter(|error| error.is_error()) {
            return Some(error.raw.into());
        }
        let is_named = |name| {
            let kind = self.text(name).unwrap_or_default();
            matches!(&*kind, "error" | "conversation.response.error")
        };
        if is_named("type") || is_named("event") && self.get("message").is_some() {
            return Some(self.raw.into());
        }
        // MiniMax, which says it of each event, and Baidu.
        if let Some(base) = self.get("base_resp")
            && let Some(code) = base.index("status_code").filter(|code| *code != 0)
        {
            let message = base.get("status_msg").map_or("null", |message| message.raw);
            return Some(format!(r#"{{"code":{code},"message":{message}}}"#).into());
        }
        if self.get("error_msg").is_some() && self.get("error_code").is_some() {
            return Some(self.raw.into());
        }
        // DashScope, which leaves both empty where all is well.
        let is_text = |name| self.text(name).is_some_and(|text| !text.is_empty());
        if self.get("request_id").is_some() && is_text("code") && is_text("message") {
            return Some(self.raw.into());
        }
        // One of AWS.
        let Inside::Fields(fields) = &self.inside else {
            return None;
        };
        let [(name, what)] = fields.as_slice() else {
            return None;
        };
        let message = name.ends_with("Exception").then(|| what.get("message"))?;
        let message = message.map_or("null", |message| message.raw);
        let name = serde_json::to_string(name).ok()?;
        Some(format!(r#"{{"type":{name},"message":{message}}}"#).into())
    }

    fn is_error(&self) -> bool {
        self.raw.starts_with(['{', '"']) && self.raw != "\"\""
    }

    pub(super) fn is_true(&self) -> bool {
        self.raw == "true"
    }
}
