use std::fmt;

use uuid::Uuid;

/// A task's id. A text that is a UUID and the UUID itself are the same id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TaskId {
    Uuid(Uuid),
    Text(String),
}

#[cfg(feature = "http")]
impl TaskId {
    /// The number of bytes it holds on the heap.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Uuid(_) => 0,
            Self::Text(text) => text.len(),
        }
    }
}

impl From<String> for TaskId {
    fn from(text: String) -> Self {
        let mut canonical = Uuid::encode_buffer();
        match Uuid::try_parse(&text) {
            Ok(uuid) if uuid.hyphenated().encode_lower(&mut canonical) == text.as_str() => {
                Self::Uuid(uuid)
            }
            _ => Self::Text(text),
        }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.hyphenated().fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}
