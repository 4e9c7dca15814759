use serde_json::value::RawValue;

/// A response that was handed over as one.
#[derive(Debug, Clone)]
pub(crate) enum Declared {
    /// By the user, as JSON.
    Given(Box<RawValue>),
    /// On its way from the provider: the body of an HTTP answer, be it a stream, not looked at yet.
    #[cfg_attr(
        not(any(feature = "tower", feature = "reqwest-middleware")),
        expect(dead_code, reason = "only middleware catches")
    )]
    Caught(Vec<u8>),
}

impl Declared {
    #[cfg(feature = "http")]
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Given(raw) if raw.get() == "null")
    }

    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Given(raw) => raw.get().len(),
            Self::Caught(body) => body.len(),
        }
    }

    /// The response as it is reported; none if it was not looked at.
    pub(crate) fn into_raw(self) -> Option<Box<RawValue>> {
        match self {
            Self::Given(raw) => Some(raw),
            Self::Caught(_) => None,
        }
    }
}
