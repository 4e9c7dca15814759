//! A response's JSON, as far as any shape reads it.
//!
//! One pass keeps what stands under known keys and skips the rest, so that a response costs little
//! more to read than to skip.

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::provider::key::{Key, Keys};

keys! {
    BY_NAME INTERMEDIATE_RESULTS MODELS MODEL_INPUT MODEL_USAGE MODULE_RESULTS REQUEST STATS TOOLS
    TYPE
}

/// Some servers put it before the text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// No shape reads anything that lies deeper.
const MAX_DEPTH: u8 = 16;

/// No response has longer lists of anything but numbers.
const MAX_ITEMS: usize = 1 << 14;

/// No response has more names that are data.
const MAX_NAMES: usize = 1 << 10;

/// A count beyond it is no count: JSON's numbers are exact up to here.
const MAX_COUNT: f64 = 9_007_199_254_740_991.0;

static NULL: Node<'static> = Node::Null;

/// A JSON value. An absent field is null, so that a path needs no checks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
    /// An object whose fields have names that are data.
    Map(Vec<(String, Self)>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object<'a> {
    fields: Vec<(Key, Node<'a>)>,
    /// A bit for each key, and one for fields that are not read: most requested fields are absent.
    bits: u64,
}

/// The bit for fields that no shape reads.
const UNREAD: u64 = 1 << 63;

impl<'a> Object<'a> {
    fn push(&mut self, key: Key, value: Node<'a>) {
        self.bits |= key.bit();
        self.fields.push((key, value));
    }

    /// The field; of several with one key the last.
    #[inline]
    fn get(&self, key: Key) -> Option<&Node<'a>> {
        match self.bits & key.bit() {
            0 => None,
            _ => self.find(key),
        }
    }

    fn find(&self, key: Key) -> Option<&Node<'a>> {
        let field = self.fields.iter().rev().find(|(name, _)| *name == key);
        field.map(|(_, value)| value)
    }
}

impl<'a> Node<'a> {
    /// Reads a document; `None` if it is not JSON.
    pub(super) fn read(json: &'a str, keys: &'static Keys) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let document = Seed::new(keys).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(document)
    }

    /// The text, unless it is empty: some providers fill absent fields with that.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    pub(super) fn starts_with(&self, start: &str) -> bool {
        self.text().is_some_and(|text| text.starts_with(start))
    }

    /// Whether it is this text, in small or capital letters.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.text()
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The number, if it can be one of tokens.
    pub(super) fn count(&self) -> Option<u64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            _ => return None,
        };
        let is_count = (0.0..=MAX_COUNT).contains(&number);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was found to be in range"
        )]
        is_count.then_some(number.round() as u64)
    }

    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list whose `type` is this.
    pub(super) fn of_type(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.items().iter().filter(move |item| item[TYPE].is(name))
    }

    /// Whether an object has this key, be it null.
    pub(super) fn has(&self, key: Key) -> bool {
        match self {
            Self::Object(object) => object.get(key).is_some(),
            _ => false,
        }
    }

    /// Whether an object has no other keys than these.
    pub(super) fn has_only(&self, keys: &[Key]) -> bool {
        match self {
            Self::Object(object) => {
                object.bits & UNREAD == 0
                    && object.fields.iter().all(|(name, _)| keys.contains(name))
            }
            _ => false,
        }
    }

    /// The fields of an object whose names are data.
    pub(super) fn named(&self) -> &[(String, Self)] {
        match self {
            Self::Map(fields) => fields,
            _ => &[],
        }
    }

    /// Whether an object has no other keys than this one and these.
    pub(super) fn has_only_and(&self, key: Key, keys: &[Key]) -> bool {
        match self {
            Self::Object(object) => {
                let mut names = object.fields.iter().map(|(name, _)| name);
                object.bits & UNREAD == 0 && names.all(|name| *name == key || keys.contains(name))
            }
            _ => false,
        }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn is_bool(&self) -> bool {
        matches!(self, Self::Bool(_))
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

impl<'a> Index<Key> for Node<'a> {
    type Output = Self;

    #[inline]
    fn index(&self, key: Key) -> &Self {
        match self {
            Self::Object(object) => object.get(key).unwrap_or(&NULL),
            _ => &NULL,
        }
    }
}

impl<'a> Index<usize> for Node<'a> {
    type Output = Self;

    fn index(&self, at: usize) -> &Self {
        self.items().get(at).unwrap_or(&NULL)
    }
}

/// Reads a value.
#[derive(Clone, Copy)]
struct Seed {
    /// The fields that are kept.
    keys: &'static Keys,
    /// How deep it lies.
    depth: u8,
    /// Whether the names of its fields are data, such as the names of models.
    is_map: bool,
    /// Whether it is statistics, which tell of tools.
    is_stats: bool,
}

impl Seed {
    fn new(keys: &'static Keys) -> Self {
        Self {
            keys,
            depth: 0,
            is_map: false,
            is_stats: false,
        }
    }

    /// Reads a value that lies inside this one.
    fn inside(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..Self::new(self.keys)
        }
    }

    /// The reader of this field's value. `None` if only the presence of the field matters.
    fn of(self, key: Key) -> Option<Self> {
        match key {
            // The request, which is not read.
            INTERMEDIATE_RESULTS | MODEL_INPUT | MODULE_RESULTS | REQUEST => None,
            // The offered tools. Statistics have the called tools under this key.
            TOOLS if !self.is_stats => None,
            _ => Some(Self {
                is_map: matches!(key, BY_NAME | MODELS | MODEL_USAGE),
                is_stats: key == STATS,
                ..self.inside()
            }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        if self.depth > MAX_DEPTH {
            return IgnoredAny::deserialize(deserializer).map(|_| Node::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what a number loses is more than a count has"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what a number loses is more than a count has"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while items.len() < MAX_ITEMS {
            let Some(item) = list.next_element_seed(self.inside())? else {
                return Ok(Node::List(items));
            };
            // An embedding is a thousand numbers; that there are any is all that counts.
            if items.is_empty() || !item.is_number() {
                items.push(item);
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        if self.is_map {
            let mut fields = Vec::new();
            while let Some(name) = map.next_key::<String>()? {
                fields.push((name, map.next_value_seed(self.inside())?));
                if fields.len() == MAX_NAMES {
                    break;
                }
            }
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Map(fields));
        }
        let mut object = Object::default();
        while let Some(name) = map.next_key_seed(Name(self.keys))? {
            match name {
                Field::Read(key) => match self.of(key) {
                    Some(seed) => object.push(key, map.next_value_seed(seed)?),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        object.push(key, Node::Null);
                    }
                },
                Field::Unread => {
                    map.next_value::<IgnoredAny>()?;
                    object.bits |= UNREAD;
                }
                Field::ExactNumber => {
                    let digits = map.next_value::<Cow<'de, str>>()?;
                    return Ok(digits.parse().map_or(Node::Null, Node::Number));
                }
            }
        }
        Ok(Node::Object(object))
    }
}

/// What stands under a name.
enum Field {
    Read(Key),
    Unread,
    /// What serde_json makes of a fraction if its feature `arbitrary_precision` is on.
    ExactNumber,
}

/// Reads a name.
struct Name(&'static Keys);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match self.0.get(name) {
            Some(key) => Field::Read(key),
            None if name == "$serde_json::private::Number" => Field::ExactNumber,
            None => Field::Unread,
        })
    }
}
