use std::fmt;
use std::sync::Arc;

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
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
