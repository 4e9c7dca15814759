//! A response, or a part of it, that is put together of what comes in pieces.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::event::{Event, items};
use crate::json::push_string;

/// An object keeps no more of the provider's fields than this.
const FIELDS: usize = 64;

/// What becomes of a piece.
pub(super) enum Rule {
    /// The last one that says something counts.
    Last,
    /// The largest number counts.
    Largest,
    /// Texts are joined.
    Text,
    /// Texts are joined, and are JSON then.
    Json,
    /// Texts are joined; lists are as [`Parts`](Self::Parts).
    Content(&'static Self),
    /// Objects are joined, each field by its rule; all others are [`Last`](Self::Last).
    Fields(&'static [(&'static str, Self)]),
    /// Lists are joined, each item at its index.
    Items(&'static Self),
    /// Lists are joined, but a text goes on in the part where it began.
    Parts(&'static Self),
    /// Lists are joined.
    All,
    /// Of a list only the first choice counts.
    Choice(&'static Self),
    /// It is put under another name.
    As(&'static str, &'static Self),
    Dropped,
}

/// One value. It is a list or an object if it has that, and else what its leaf says.
#[derive(Default)]
pub(super) struct Part {
    leaf: Leaf,
    object: Option<Box<Object>>,
    list: Option<Box<List>>,
}

#[derive(Default)]
enum Leaf {
    #[default]
    Nothing,
    /// As it came.
    Raw(Box<RawValue>),
    /// What stands between the quotes of a text.
    Text(String),
    /// The same of a text that is JSON once it is whole.
    Json(String),
}

#[derive(Default)]
struct Object {
    fields: Vec<(Cow<'static, str>, Part)>,
}

#[derive(Default)]
struct List {
    items: Vec<Part>,
    /// Where the item of an index is.
    places: BTreeMap<u64, usize>,
}

impl Part {
    /// Whether nothing has come for it, or nothing but null.
    pub(super) fn is_nothing(&self) -> bool {
        self.object.is_none()
            && self.list.is_none()
            && match &self.leaf {
                Leaf::Nothing => true,
                Leaf::Raw(json) => json.get() == "null",
                Leaf::Text(_) | Leaf::Json(_) => false,
            }
    }

    /// What came, where it was kept as it was.
    pub(super) fn raw(&self) -> Option<&RawValue> {
        match &self.leaf {
            Leaf::Raw(json) if self.object.is_none() && self.list.is_none() => Some(json),
            _ => None,
        }
    }

    /// The field, if it is there and more than null.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let mut fields = self.object.as_ref()?.fields.iter();
        let (_, value) = fields.find(|(key, _)| key == name)?;
        Some(value).filter(|value| !value.is_nothing())
    }

    /// The first item.
    pub(super) fn first(&self) -> Option<&Self> {
        self.list.as_ref()?.items.first()
    }

    /// The field, to be filled.
    pub(super) fn field(&mut self, name: &'static str) -> &mut Self {
        self.object().field(name, Cow::Borrowed)
    }

    /// The item with this index, to be filled.
    pub(super) fn item(&mut self, index: u64) -> &mut Self {
        self.list().item(index)
    }

    /// Takes the field out.
    pub(super) fn take(&mut self, name: &str) -> Self {
        let Some(object) = &mut self.object else {
            return Self::default();
        };
        let at = object.fields.iter().position(|(key, _)| key == name);
        at.map(|at| object.fields.remove(at).1).unwrap_or_default()
    }

    /// Keeps this value, whatever was there.
    pub(super) fn keep(&mut self, json: &RawValue) {
        *self = Self {
            leaf: Leaf::Raw(json.to_owned()),
            ..Self::default()
        };
    }

    /// Keeps this text.
    pub(super) fn keep_text(&mut self, text: &str) {
        let mut json = String::new();
        push_string(&mut json, text);
        if let Ok(json) = RawValue::from_string(json) {
            self.keep(&json);
        }
    }

    /// Makes it a list, if it is none.
    pub(super) fn make_list(&mut self) {
        self.list();
    }

    /// Adds an item to a list.
    pub(super) fn push(&mut self, json: &RawValue) {
        self.list().add().keep(json);
    }

    /// Whether the field is there, also in what was kept as it came.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_raw = |json| Event::inside(json).get(name).is_some();
        self.get(name).is_some() || self.raw().is_some_and(is_raw)
    }

    /// Adds a piece of one item to a list.
    pub(super) fn merge_one(&mut self, item: &RawValue, rule: &Rule) {
        if let Ok(list) = RawValue::from_string(format!("[{item}]")) {
            self.merge(&list, rule);
        }
    }

    /// Adds a piece.
    pub(super) fn merge(&mut self, json: &RawValue, rule: &Rule) {
        match rule {
            Rule::Last => self.keep_last(json),
            Rule::Largest => self.keep_largest(json),
            Rule::Text => self.join(json, Leaf::Text),
            Rule::Json => self.join(json, Leaf::Json),
            Rule::Content(rule) => self.merge_content(json, rule),
            Rule::Fields(rules) if is_object(json) => self.merge_fields(json, rules),
            Rule::Items(rule) if is_list(json) => self.merge_items(json, rule),
            Rule::Parts(rule) if is_list(json) => self.merge_parts(json, rule),
            Rule::All if is_list(json) => self.merge_all(json),
            Rule::Choice(rule) if is_list(json) => self.merge_choice(json, rule),
            Rule::As(_, rule) => self.merge(json, rule),
            _ if self.is_nothing() => self.keep_last(json),
            _ => {}
        }
    }

    fn keep_last(&mut self, json: &RawValue) {
        let is_empty = matches!(json.get(), "null" | "\"\"");
        let is_same = self.raw().is_some_and(|raw| raw.get() == json.get());
        if !is_same && (!is_empty || self.is_nothing()) {
            self.keep(json);
        }
    }

    fn keep_largest(&mut self, json: &RawValue) {
        let number = |json: &RawValue| json.get().parse::<f64>().ok();
        let largest = self.raw().and_then(number);
        if largest.is_none() || number(json) > largest {
            self.keep_last(json);
        }
    }

    fn join(&mut self, json: &RawValue, leaf: fn(String) -> Leaf) {
        let inside = json.get().strip_prefix('"');
        let inside = inside.and_then(|text| text.strip_suffix('"'));
        let is_nothing = self.is_nothing();
        match (inside, &mut self.leaf) {
            (Some(text), Leaf::Text(joined) | Leaf::Json(joined)) => joined.push_str(text),
            (Some(text), _) if is_nothing || !text.is_empty() => {
                *self = Self {
                    leaf: leaf(text.to_owned()),
                    ..Self::default()
                };
            }
            (None, Leaf::Nothing | Leaf::Raw(_)) => self.keep_last(json),
            _ => {}
        }
    }

    fn merge_content(&mut self, json: &RawValue, rule: &Rule) {
        if self.list.is_none() && !is_list(json) {
            return self.join(json, Leaf::Text);
        }
        // What came as text alone is a part beside the others.
        if let Leaf::Text(text) = std::mem::take(&mut self.leaf)
            && !text.is_empty()
        {
            self.merge_text(&format!("\"{text}\""), rule);
        }
        match is_list(json) {
            true => self.merge_parts(json, rule),
            false if json.get().starts_with('"') => self.merge_text(json.get(), rule),
            false => {}
        }
    }

    fn merge_text(&mut self, text: &str, rule: &Rule) {
        let part = format!(r#"{{"type":"text","text":{text}}}"#);
        if let Ok(part) = RawValue::from_string(part) {
            self.merge_part(&part, rule);
        }
    }

    fn merge_fields(&mut self, json: &RawValue, rules: &'static [(&'static str, Rule)]) {
        self.object().merge(json, rules);
    }

    fn merge_items(&mut self, json: &RawValue, rule: &Rule) {
        let list = self.list();
        for json in items(json) {
            let item = Event::inside(json);
            let part = match item.index("index") {
                Some(index) => {
                    if list.item(index).is_another(&item) {
                        list.places.insert(index, list.items.len());
                    }
                    list.item(index)
                }
                None if is_named(&item) => list.add(),
                None => list.last(),
            };
            part.merge(json, rule);
        }
    }

    /// Some servers give the same index to all calls.
    fn is_another(&self, item: &Event<'_>) -> bool {
        let known = self.get("id").and_then(Self::raw).map(RawValue::get);
        let id = item.get("id").map(RawValue::get);
        known.is_some() && id.is_some() && known != id && is_named(item)
    }

    fn merge_parts(&mut self, json: &RawValue, rule: &Rule) {
        self.list();
        for part in items(json) {
            self.merge_part(part, rule);
        }
    }

    fn merge_part(&mut self, json: &RawValue, rule: &Rule) {
        let part = Event::inside(json);
        let list = self.list();
        match list.items.last_mut() {
            Some(last) if last.goes_on(&part) => last.merge(json, rule),
            _ => list.add().merge(json, rule),
        }
    }

    /// Whether a part is more of the text in this one.
    fn goes_on(&self, part: &Event<'_>) -> bool {
        let is_same = |name| {
            self.get(name).and_then(Self::raw).map(RawValue::get)
                == part.get(name).map(RawValue::get)
        };
        let is_both = |name| self.get(name).is_some() && part.get(name).is_some();
        is_same("type")
            && is_same("thought")
            && (is_both("text") || is_both("thinking") || is_both("summary"))
    }

    fn merge_all(&mut self, json: &RawValue) {
        let list = self.list();
        for json in items(json) {
            list.add().keep(json);
        }
    }

    fn merge_choice(&mut self, json: &RawValue, rule: &Rule) {
        let list = self.list();
        for json in items(json) {
            if Event::inside(json).index("index").unwrap_or(0) == 0 {
                list.item(0).merge(json, rule);
            }
        }
    }

    /// An object that was kept as it came is opened.
    fn object(&mut self) -> &mut Object {
        self.list = None;
        let leaf = std::mem::take(&mut self.leaf);
        let object = self.object.get_or_insert_default();
        if let Leaf::Raw(json) = leaf {
            object.merge(&json, &[]);
        }
        object
    }

    fn list(&mut self) -> &mut List {
        self.leaf = Leaf::Nothing;
        self.object = None;
        self.list.get_or_insert_default()
    }

    /// What it has become.
    pub(super) fn into_json(self) -> Option<Box<RawValue>> {
        let mut json = String::new();
        self.write(&mut json);
        RawValue::from_string(json).ok()
    }

    fn write(&self, json: &mut String) {
        if let Some(list) = &self.list {
            json.push('[');
            for (at, item) in list.items.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                item.write(json);
            }
            json.push(']');
        } else if let Some(object) = &self.object {
            json.push('{');
            for (at, (name, value)) in object.fields.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                push_string(json, name);
                json.push(':');
                value.write(json);
            }
            json.push('}');
        } else {
            self.leaf.write(json);
        }
    }
}

impl Leaf {
    fn write(&self, json: &mut String) {
        match self {
            Self::Nothing => json.push_str("null"),
            Self::Raw(raw) => json.push_str(raw.get()),
            Self::Text(text) => {
                json.push('"');
                json.push_str(text);
                json.push('"');
            }
            Self::Json(text) => {
                let quoted = format!("\"{text}\"");
                let inside = serde_json::from_str(&quoted).ok();
                match inside.and_then(|inside| RawValue::from_string(inside).ok()) {
                    Some(inside) => json.push_str(inside.get()),
                    // It was cut off.
                    None => json.push_str(&quoted),
                }
            }
        }
    }
}

impl Object {
    fn merge(&mut self, json: &RawValue, rules: &'static [(&'static str, Rule)]) {
        for (name, value) in Event::inside(json).fields() {
            match rules.iter().find(|(key, _)| *key == name) {
                Some((_, Rule::Dropped)) => {}
                Some((_, Rule::As(name, rule))) => {
                    self.field(name, Cow::Borrowed).merge(value, rule);
                }
                Some((name, rule)) => self.field(name, Cow::Borrowed).merge(value, rule),
                None if self.fields.len() < FIELDS || self.has(name) => {
                    let part = self.field(name, |name| Cow::Owned(name.to_owned()));
                    part.keep_last(value);
                }
                None => {}
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    fn field<'n>(&mut self, name: &'n str, key: fn(&'n str) -> Cow<'static, str>) -> &mut Part {
        let at = self.fields.iter().position(|(key, _)| key == name);
        let at = at.unwrap_or_else(|| {
            self.fields.push((key(name), Part::default()));
            self.fields.len() - 1
        });
        &mut self.fields[at].1
    }
}

impl List {
    fn item(&mut self, index: u64) -> &mut Part {
        let at = *self.places.entry(index).or_insert(self.items.len());
        if at == self.items.len() {
            return self.add();
        }
        &mut self.items[at]
    }

    fn add(&mut self) -> &mut Part {
        self.items.push(Part::default());
        let last = self.items.len() - 1;
        &mut self.items[last]
    }

    fn last(&mut self) -> &mut Part {
        if self.items.is_empty() {
            return self.add();
        }
        let last = self.items.len() - 1;
        &mut self.items[last]
    }
}

/// Whether a call's first piece is this: it alone has the name.
fn is_named(item: &Event<'_>) -> bool {
    let function = item.get("function").map(Event::inside);
    let name = function.as_ref().unwrap_or(item).text("name");
    name.is_some_and(|name| !name.is_empty())
}

fn is_object(json: &RawValue) -> bool {
    json.get().starts_with('{')
}

fn is_list(json: &RawValue) -> bool {
    json.get().starts_with('[')
}
