use crate::json;

/// A value that became text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// Text as it was, or as `Debug` or `Display` wrote it.
    Text(String),
    /// JSON. It may be a provider's response.
    Json(String),
}

impl Captured {
    /// What the platform shows.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Json(text) => text,
        }
    }

    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
        }
    }

    pub(crate) fn push_json(&self, json: &mut String) {
        match self {
            Self::Text(text) => json::push_string(json, text),
            Self::Json(value) => json.push_str(value),
        }
    }
}
