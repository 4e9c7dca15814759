use std::fmt;
use std::sync::Arc;

use crate::capture::guarded;

/// The API key: a value, or a function that is asked at each request so that the key can rotate.
/// Never shown.
#[derive(Clone)]
pub(crate) enum ApiKey {
    Value(Arc<str>),
    Provider(Arc<dyn Fn() -> String + Send + Sync>),
}

impl ApiKey {
    pub(crate) fn value(key: &str) -> Self {
        Self::Value(key.trim().into())
    }

    /// The key for one request; `None` if the provider panicked.
    pub(crate) fn reveal(&self) -> Option<Arc<str>> {
        match self {
            Self::Value(key) => Some(Arc::clone(key)),
            Self::Provider(provider) => guarded(|| provider().trim().into()),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
