use jiff::Timestamp;

use crate::model::task::TaskStatus;

/// Selects tasks. Without conditions it selects all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Only this organization's.
    pub organization_id: Option<String>,
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Only with one of these statuses. Empty for any.
    pub statuses: Vec<TaskStatus>,
    /// Only tasks that used this tool.
    pub tool: Option<String>,
    /// Only tasks that this model answered, by the name that its provider gives it.
    pub model: Option<String>,
    /// Only tasks that were created at this time or later.
    pub from: Option<Timestamp>,
    /// Only tasks that were created before this time.
    pub to: Option<Timestamp>,
    /// Only tasks with these words in the first MiB of their input or result, in any order, regardless of case and
    /// accents. `"two words"` is a phrase, and `word*` is a prefix. In scripts without spaces between words (Chinese,
    /// Japanese, Thai and others) and in Korean, any part of a text is found. A symbol such as an emoji is a word.
    pub search: Option<String>,
    /// Only tasks that were created for this user.
    pub user_id: Option<String>,
    /// Only with this internal status.
    pub internal_status: Option<String>,
    /// Only tasks that this task created.
    pub parent_task_id: Option<String>,
    /// Only tasks that this agent created.
    pub triggering_agent_id: Option<String>,
}

/// The setters of the text fields.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, value: impl Into<String>) -> Self {
                self.$name = Some(value.into());
                self
            }
        )*
    };
}

impl Filter {
    /// All tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    texts! {
        /// Only this organization's.
        organization_id,
        /// Only this agent's.
        agent_id,
        /// Only tasks that used this tool.
        tool,
        /// Only tasks that this model answered.
        model,
        /// Only tasks with these words in their input or result.
        search,
        /// Only tasks that were created for this user.
        user_id,
        /// Only with this status of the caller's own.
        internal_status,
        /// Only tasks that this task created.
        parent_task_id,
        /// Only tasks that this agent created.
        triggering_agent_id,
    }

    /// Only with this status, or another that is given so.
    #[must_use]
    pub fn status(mut self, status: TaskStatus) -> Self {
        self.statuses.push(status);
        self
    }

    /// Only tasks that were created at this time or later.
    #[must_use]
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    /// Only tasks that were created before this time.
    #[must_use]
    pub const fn to(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }
}

/// The words and phrases of a search, each with whether it is a prefix. Some may be empty.
pub(crate) fn words(search: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    for (index, part) in search.split('"').enumerate() {
        if index % 2 == 1 {
            words.push((part.to_owned(), false));
            continue;
        }
        for word in part.split(|c: char| c.is_whitespace() || c.is_control()) {
            match word.strip_suffix('*') {
                Some(start) => words.push((start.to_owned(), true)),
                None => words.push((word.to_owned(), false)),
            }
        }
    }
    words
}
