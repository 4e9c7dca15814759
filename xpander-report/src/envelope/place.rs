//! Where a text stands in JSON, and what the names around it say of it.

use super::secret_names::Suspicion;

/// The place of the next token.
pub(super) struct Place {
    levels: Vec<Level>,
    /// What the field's name says of the next value.
    named: Option<Suspicion>,
    /// The level of the outermost object or list that is a secret.
    inside: Option<(usize, Suspicion)>,
    /// The level of the innermost schema of a secret.
    schema: Option<(usize, Suspicion)>,
}

/// An object or a list.
struct Level {
    is_list: bool,
    /// The number of texts so far.
    texts: usize,
    /// The value of the current field is a name: `{"name": "password", "value": …}`.
    is_name: bool,
    /// What that name, or the first text of a pair in a list, says of the value.
    value: Option<Suspicion>,
}

impl Place {
    pub(super) fn new(named: Option<Suspicion>) -> Self {
        Self {
            levels: Vec::new(),
            named,
            inside: None,
            schema: None,
        }
    }

    /// Whether it is in the outermost object or list.
    pub(super) fn is_outermost(&self) -> bool {
        self.levels.len() == 1
    }

    pub(super) fn open(&mut self, is_list: bool, is_schema: impl FnOnce() -> bool) {
        self.levels.push(Level {
            is_list,
            texts: 0,
            is_name: false,
            value: None,
        });
        let named = self.named.take().filter(|_| self.inside.is_none());
        if let Some(suspicion) = named {
            let place = Some((self.levels.len(), suspicion));
            match is_schema() {
                true => self.schema = place,
                false => self.inside = place,
            }
        }
    }

    pub(super) fn close(&mut self) {
        let level = self.levels.len();
        self.inside.take_if(|(opened, _)| *opened == level);
        self.schema.take_if(|(opened, _)| *opened == level);
        self.levels.pop();
        self.named = None;
    }

    /// A field whose name says this.
    pub(super) fn field(&mut self, name: &str, suspicion: Option<Suspicion>) {
        let depth = self.levels.len();
        let mut value = None;
        if let Some(level) = self.levels.last_mut() {
            let is = |word: &str| name.eq_ignore_ascii_case(word);
            level.is_name = is("name") || is("key");
            value = level.value.filter(|_| is("value"));
        }
        let schema = self.schema.filter(|(opened, _)| *opened == depth);
        let example = schema.filter(|_| matches!(name, "const" | "default" | "example"));
        self.named = suspicion
            .or(value)
            .or(example.map(|(_, suspicion)| suspicion));
    }

    /// A field that is not judged by its name.
    pub(super) fn listed_field(&mut self) {
        self.named = None;
    }

    /// What the names around a text say of it. `is_last`: whether nothing but texts and brackets follow it in its list.
    pub(super) fn text(&mut self, is_last: impl FnOnce() -> bool) -> Option<Suspicion> {
        let is_in_pair = self.is_in_list_of_lists();
        let named = self.named.take();
        let level = self.levels.last_mut();
        let pair = level.and_then(|level| {
            level.texts += 1;
            let is_second = is_in_pair && level.texts == 2;
            level.value.filter(|_| is_second && is_last())
        });
        let inside = self.inside.map(|(_, suspicion)| suspicion);
        named.or(inside).or(pair)
    }

    /// Whether the text that was just read may be the name of a value.
    pub(super) fn may_be_name(&self) -> bool {
        let is_first_of_pair = |level: &Level| level.texts == 1 && self.is_in_list_of_lists();
        let level = self.levels.last();
        level.is_some_and(|level| level.is_name || is_first_of_pair(level))
    }

    /// The text that was just read says this of its value.
    pub(super) fn name_of_value(&mut self, suspicion: Option<Suspicion>) {
        if let Some(level) = self.levels.last_mut() {
            level.value = suspicion;
        }
    }

    fn is_in_list_of_lists(&self) -> bool {
        matches!(self.levels.as_slice(), [.., outer, level] if outer.is_list && level.is_list)
    }
}
