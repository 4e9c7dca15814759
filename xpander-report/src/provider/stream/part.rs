//! A response, or a part of it, that is put together of what comes in pieces.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::growth::{Growth, Nesting};
use crate::provider::event::Event;
use crate::provider::key::Key;
use crate::provider::tape::Tape;
use crate::report::json::push_string;

names! { ARGUMENTS FUNCTION ID INDEX NAME SUMMARY TEXT THINKING THOUGHT TIMINGS TYPE USAGE USAGE_METADATA }

/// An object keeps no more of the provider's fields than this.
const FIELDS: usize = 64;

/// The fields with counts. They may come in parts, and again as zeros.
const COUNTS: [Key; 3] = [USAGE, USAGE_METADATA, TIMINGS];

/// How a piece is merged.
pub(super) enum Rule {
    /// The last piece that is not empty counts.
    Last,
    /// The largest number counts.
    Largest,
    /// Strings are concatenated.
    Text,
    /// Strings are concatenated, and the result is JSON.
    Json,
    /// Strings are concatenated, unless each repeats the text so far and adds to it. Lists are merged item by item.
    Grown,
    /// Objects are merged. A zero or an empty list does not replace another value.
    Counts,
    /// Strings are concatenated. Lists are merged like [`Parts`](Self::Parts).
    Content(&'static Self),
    /// Objects are merged, each field by its rule. All other fields are [`Last`](Self::Last).
    Fields(&'static [FieldRule]),
    /// Lists are merged, each item at its index.
    Items(&'static Self),
    /// Lists are concatenated, but a text continues in the part in which it began.
    Parts(&'static Self),
    /// Lists are concatenated.
    All,
    /// Only the first choice of a list counts.
    Choice(&'static Self),
    /// The field gets another name.
    As(&'static str, &'static Self),
    Dropped,
}

/// How a field is merged.
pub(super) struct FieldRule {
    name: &'static str,
    key: Key,
    rule: Rule,
}

/// How the field of this name is merged, in any spelling.
pub(super) const fn field(name: &'static str, rule: Rule) -> FieldRule {
    FieldRule {
        name,
        key: Key::named(name),
        rule,
    }
}

/// A value. It is a list or an object if it has one, and otherwise its leaf.
#[derive(Clone, Default)]
pub(super) struct Part {
    leaf: Leaf,
    object: Option<Box<Object>>,
    list: Option<Box<List>>,
}

#[derive(Clone, Default)]
enum Leaf {
    #[default]
    Nothing,
    /// As it came.
    Raw(Box<str>),
    /// What stands between the quotes of a text.
    Text(String),
    /// The same of a text that is JSON once it is whole.
    Json(String),
    /// The same of a text that may come whole each time.
    Grown(Growth),
}

#[derive(Clone, Default)]
struct Object {
    fields: Vec<Field>,
    /// Where the field is likely that comes next: most objects come with the same fields in the same order.
    next: usize,
}

#[derive(Clone)]
struct Field {
    name: Cow<'static, str>,
    key: Key,
    part: Part,
}

#[derive(Clone, Default)]
struct List {
    items: Vec<Part>,
    /// Where the item of an index is.
    places: BTreeMap<u64, usize>,
    /// How far the arguments of the call at an index have come.
    arguments: BTreeMap<u64, Nesting>,
}

impl Part {
    /// Whether nothing has come for it, or nothing but null.
    pub(super) fn is_nothing(&self) -> bool {
        self.object.is_none()
            && self.list.is_none()
            && match &self.leaf {
                Leaf::Nothing => true,
                Leaf::Raw(json) => &**json == "null",
                Leaf::Text(_) | Leaf::Json(_) | Leaf::Grown(_) => false,
            }
    }

    /// What came, where it was kept as it was.
    pub(super) fn raw(&self) -> Option<&str> {
        match &self.leaf {
            Leaf::Raw(json) if self.object.is_none() && self.list.is_none() => Some(json),
            _ => None,
        }
    }

    /// The field, if it is there and more than null.
    pub(super) fn get(&self, key: Key) -> Option<&Self> {
        let mut fields = self.object.as_ref()?.fields.iter();
        let field = fields.find(|field| field.key == key)?;
        Some(&field.part).filter(|part| !part.is_nothing())
    }

    /// The first item.
    pub(super) fn first(&self) -> Option<&Self> {
        self.list.as_ref()?.items.first()
    }

    /// The item that is being filled: the last one, or another if that is done.
    pub(super) fn open_item(&mut self, is_done: impl Fn(&Self) -> bool) -> &mut Self {
        let list = self.list();
        match list.items.last().is_none_or(is_done) {
            true => list.add(),
            false => list.last(),
        }
    }

    /// The only item of a list, if there are no more.
    pub(super) fn take_only_item(&mut self) -> Option<Self> {
        let items = &mut self.list.as_mut()?.items;
        (items.len() == 1).then(|| items.remove(0))
    }

    /// Adds an item that was put together.
    pub(super) fn push_part(&mut self, part: Self) {
        *self.list().add() = part;
    }

    /// The field, to be filled.
    pub(super) fn field(&mut self, name: &'static str) -> &mut Self {
        self.object().field(name)
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
        let at = object.fields.iter().position(|field| field.name == name);
        at.map(|at| object.fields.remove(at).part)
            .unwrap_or_default()
    }

    /// Keeps this value, whatever was there.
    pub(super) fn keep(&mut self, json: Event<'_>) {
        self.keep_json(json.raw());
    }

    /// Keeps this JSON.
    pub(super) fn keep_json(&mut self, json: &str) {
        *self = Self {
            leaf: Leaf::Raw(json.into()),
            ..Self::default()
        };
    }

    /// Keeps this text.
    pub(super) fn keep_text(&mut self, text: &str) {
        let mut json = String::new();
        push_string(&mut json, text);
        self.keep_json(&json);
    }

    /// Makes it a list, if it is none.
    pub(super) fn make_list(&mut self) {
        self.list();
    }

    /// Adds an item to a list.
    pub(super) fn push(&mut self, json: Event<'_>) {
        self.list().add().keep(json);
    }

    /// Whether the field is there, also in what was kept as it came.
    pub(super) fn has(&self, key: Key) -> bool {
        let is_in = |json| {
            let mut tape = Tape::default();
            tape.read(json)
                .is_some_and(|event| event.get(key).is_some())
        };
        self.get(key).is_some() || self.raw().is_some_and(is_in)
    }

    /// Adds a piece of one item to a list.
    pub(super) fn merge_one(&mut self, item: Event<'_>, rule: &Rule) {
        match rule {
            Rule::Items(rule) => self.merge_items(std::iter::once(item), rule),
            Rule::Parts(rule) => self.merge_part(item, rule),
            _ => {}
        }
    }

    /// Adds a piece.
    pub(super) fn merge(&mut self, json: Event<'_>, rule: &Rule) {
        match rule {
            Rule::Last => self.keep_last(json),
            Rule::Largest => self.keep_largest(json),
            Rule::Text => self.join(json, Leaf::Text),
            Rule::Json => self.join(json, Leaf::Json),
            Rule::Grown if json.is_list() => self.merge_in_order(json),
            Rule::Grown => self.grow(json),
            Rule::Counts => self.count(json),
            Rule::Content(rule) => self.merge_content(json, rule),
            Rule::Fields(rules) if json.is_object() => self.object().merge(json, rules),
            Rule::Items(rule) if json.is_list() => self.merge_items(json.items(), rule),
            Rule::Parts(rule) if json.is_list() => self.merge_parts(json, rule),
            Rule::All if json.is_list() => self.merge_all(json),
            Rule::Choice(rule) if json.is_list() => self.merge_choice(json, rule),
            Rule::As(_, rule) => self.merge(json, rule),
            _ if self.is_nothing() => self.keep_last(json),
            _ => {}
        }
    }

    fn keep_last(&mut self, json: Event<'_>) {
        let is_empty = matches!(json.raw(), "null" | "\"\"");
        let is_same = self.raw().is_some_and(|raw| raw == json.raw());
        if !is_same && (!is_empty || self.is_nothing()) {
            self.keep(json);
        }
    }

    fn keep_largest(&mut self, json: Event<'_>) {
        let number = |json: &str| json.parse::<f64>().ok();
        let largest = self.raw().and_then(number);
        if largest.is_none() || number(json.raw()) > largest {
            self.keep_last(json);
        }
    }

    fn join(&mut self, json: Event<'_>, leaf: fn(String) -> Leaf) {
        let is_nothing = self.is_nothing();
        match (json.quoted(), &mut self.leaf) {
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

    fn grow(&mut self, json: Event<'_>) {
        let is_nothing = self.is_nothing();
        match (json.quoted(), &mut self.leaf) {
            (Some(text), Leaf::Grown(growth)) => growth.push(text),
            (Some(text), _) if is_nothing => {
                *self = Self {
                    leaf: Leaf::Grown(Growth::of(text)),
                    ..Self::default()
                };
            }
            (None, Leaf::Nothing | Leaf::Raw(_)) => self.keep_last(json),
            _ => {}
        }
    }

    /// Items of which each goes on in the one at the same place.
    fn merge_in_order(&mut self, json: Event<'_>) {
        const ITEM_RULE: Rule = Rule::Fields(&[field("text", Rule::Grown)]);
        let list = self.list();
        for (index, json) in (0..).zip(json.items()) {
            list.item(index).merge(json, &ITEM_RULE);
        }
    }

    fn count(&mut self, json: Event<'_>) {
        if self.is_nothing() {
            return self.keep_last(json);
        }
        if !json.is_object() {
            // A count of nothing says nothing.
            if !matches!(json.raw(), "[]" | "0" | "0.0") {
                self.keep_last(json);
            }
            return;
        }
        let object = self.object();
        for count in json.fields() {
            if let Some(part) = object.bounded(count) {
                part.merge(count, &Rule::Counts);
            }
        }
    }

    fn merge_content(&mut self, json: Event<'_>, rule: &Rule) {
        if self.list.is_none() && !json.is_list() {
            return self.join(json, Leaf::Text);
        }
        // What came as text alone is a part beside the others.
        if let Leaf::Text(text) = std::mem::take(&mut self.leaf)
            && !text.is_empty()
        {
            self.merge_text(&format!("\"{text}\""), rule);
        }
        match json.is_list() {
            true => self.merge_parts(json, rule),
            false if json.raw().starts_with('"') => self.merge_text(json.raw(), rule),
            false => {}
        }
    }

    fn merge_text(&mut self, text: &str, rule: &Rule) {
        let part = format!(r#"{{"type":"text","text":{text}}}"#);
        if let Some(part) = Tape::default().read(&part) {
            self.merge_part(part, rule);
        }
    }

    fn merge_items<'e>(&mut self, items: impl Iterator<Item = Event<'e>>, rule: &Rule) {
        let list = self.list();
        let mut at_once = BTreeSet::new();
        for item in items {
            let part = match item.index(INDEX) {
                Some(index) => {
                    let is_first = at_once.insert(index);
                    if is_named(item) && list.is_another(index, item, is_first) {
                        list.places.insert(index, list.items.len());
                        list.arguments.remove(&index);
                    }
                    if let Some(arguments) = arguments(item) {
                        let nesting = list.arguments.entry(index).or_default();
                        nesting.push(arguments);
                    }
                    list.item(index)
                }
                None if is_named(item) => list.add(),
                None => list.last(),
            };
            part.merge(item, rule);
        }
    }

    fn merge_parts(&mut self, json: Event<'_>, rule: &Rule) {
        self.list();
        for part in json.items() {
            self.merge_part(part, rule);
        }
    }

    fn merge_part(&mut self, part: Event<'_>, rule: &Rule) {
        let list = self.list();
        match list.items.last_mut() {
            Some(last) if last.goes_on(part) => last.merge(part, rule),
            _ => list.add().merge(part, rule),
        }
    }

    /// Whether a part is more of the text in this one.
    fn goes_on(&self, part: Event<'_>) -> bool {
        let is_same = |key| self.get(key).and_then(Self::raw) == part.get(key).map(Event::raw);
        let is_both = |key| self.get(key).is_some() && part.get(key).is_some();
        is_same(TYPE)
            && is_same(THOUGHT)
            && (is_both(TEXT) || is_both(THINKING) || is_both(SUMMARY))
    }

    fn merge_all(&mut self, json: Event<'_>) {
        let list = self.list();
        for json in json.items() {
            list.add().keep(json);
        }
    }

    fn merge_choice(&mut self, json: Event<'_>, rule: &Rule) {
        let list = self.list();
        for json in json.items() {
            if json.index(INDEX).unwrap_or(0) == 0 {
                list.item(0).merge(json, rule);
            }
        }
    }

    /// An object that was kept as it came is opened.
    fn object(&mut self) -> &mut Object {
        let is_object = self.object.is_some() && matches!(self.leaf, Leaf::Nothing);
        if is_object && self.list.is_none() {
            return self.object.get_or_insert_default();
        }
        self.list = None;
        let leaf = std::mem::take(&mut self.leaf);
        let object = self.object.get_or_insert_default();
        if let Leaf::Raw(json) = leaf
            && let Some(json) = Tape::default().read(&json)
        {
            object.merge(json, &[]);
        }
        object
    }

    fn list(&mut self) -> &mut List {
        self.leaf = Leaf::Nothing;
        self.object = None;
        self.list.get_or_insert_default()
    }

    /// What it has become.
    pub(super) fn into_json(self) -> String {
        let mut json = String::new();
        self.write(&mut json);
        json
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
            for (at, field) in object.fields.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                push_string(json, &field.name);
                json.push(':');
                field.part.write(json);
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
            Self::Raw(raw) => json.push_str(raw),
            Self::Text(text) => {
                json.push('"');
                json.push_str(text);
                json.push('"');
            }
            Self::Grown(growth) => {
                json.push('"');
                json.push_str(growth.text());
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
    fn merge(&mut self, json: Event<'_>, rules: &'static [FieldRule]) {
        self.next = 0;
        for value in json.fields() {
            let rule = rules.iter().find(|rule| rule.key == value.key());
            match rule {
                Some(FieldRule {
                    rule: Rule::Dropped,
                    ..
                }) => {}
                Some(FieldRule {
                    rule: Rule::As(name, rule),
                    ..
                }) => self.field(name).merge(value, rule),
                Some(FieldRule { name, rule, .. }) => self.field(name).merge(value, rule),
                None => {
                    if let Some(part) = self.bounded(value) {
                        match COUNTS.contains(&value.key()) {
                            true => part.merge(value, &Rule::Counts),
                            false => part.keep_last(value),
                        }
                    }
                }
            }
        }
    }

    /// The field, to be filled.
    fn field(&mut self, name: &'static str) -> &mut Part {
        let at = self.position(name).unwrap_or_else(|| {
            let key = Key::named(name);
            self.add(name.into(), key)
        });
        &mut self.fields[at].part
    }

    /// The field of an event, unless there are too many.
    fn bounded(&mut self, field: Event<'_>) -> Option<&mut Part> {
        let name = field.name();
        let at = match self.position(&name) {
            Some(at) => at,
            None if self.fields.len() < FIELDS => self.add(name.into_owned().into(), field.key()),
            None => return None,
        };
        Some(&mut self.fields[at].part)
    }

    fn position(&mut self, name: &str) -> Option<usize> {
        let is_it = |field: &Field| field.name == name;
        let at = match self.fields.get(self.next) {
            Some(field) if is_it(field) => self.next,
            _ => self.fields.iter().position(is_it)?,
        };
        self.next = at + 1;
        Some(at)
    }

    fn add(&mut self, name: Cow<'static, str>, key: Key) -> usize {
        self.fields.push(Field {
            name,
            key,
            part: Part::default(),
        });
        self.next = self.fields.len();
        self.fields.len() - 1
    }
}

impl List {
    /// Whether a piece with a name begins another call. Some servers give the same index to all calls.
    fn is_another(&self, index: u64, item: Event<'_>, is_first: bool) -> bool {
        let place = self.places.get(&index);
        let Some(call) = place.and_then(|at| self.items.get(*at)) else {
            return false;
        };
        let known = call.get(ID).and_then(Part::raw);
        let id = item.get(ID).map(Event::raw);
        match (known, id.filter(|id| *id != "\"\"")) {
            (Some(known), Some(id)) => known != id,
            _ => !is_first || self.arguments.get(&index).is_some_and(Nesting::is_whole),
        }
    }

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

/// The piece of a call's arguments, between its quotes.
fn arguments(item: Event<'_>) -> Option<&str> {
    let arguments = item.get(FUNCTION).unwrap_or(item).get(ARGUMENTS)?;
    // What is no text is whole.
    Some(arguments.quoted().unwrap_or("{}"))
}

/// Whether a call's first piece is this: it alone has the name.
fn is_named(item: Event<'_>) -> bool {
    let name = item.get(FUNCTION).unwrap_or(item).get(NAME);
    let name = name.and_then(Event::quoted);
    name.is_some_and(|name| !name.is_empty())
}
