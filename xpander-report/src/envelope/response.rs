use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::value::RawValue;

use crate::support::sync::lock;

/// A response that was handed over as one.
#[derive(Debug, Clone)]
pub(crate) enum Declared {
    /// By the user, as JSON.
    Given(Box<RawValue>),
    /// On its way from the provider: the body of an HTTP answer, be it a stream, not looked at yet.
    #[cfg_attr(
        not(feature = "_middleware"),
        expect(dead_code, reason = "only middleware catches")
    )]
    Caught(Recording),
}

/// What has passed of a body so far. It is written until it is read.
#[derive(Debug)]
pub(crate) struct Recording(Arc<Mutex<Option<Vec<u8>>>>);

impl Declared {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Given(raw) => raw.get().len(),
            Self::Caught(recording) => recording.len(),
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

impl Recording {
    /// What there is; more does not come.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.lock().take().unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.lock().as_ref().map_or(0, Vec::len)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        lock(&self.0)
    }
}

/// What has passed by now, for a report of what is known by now.
impl Clone for Recording {
    fn clone(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }
}

#[cfg(feature = "_middleware")]
impl Recording {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }

    /// The same one, for the body that passes.
    pub(crate) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Changes it; none once nobody will read it any more.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Vec<u8>) -> T) -> Option<T> {
        if Arc::strong_count(&self.0) == 1 {
            return None;
        }
        self.lock().as_mut().map(edit)
    }
}
