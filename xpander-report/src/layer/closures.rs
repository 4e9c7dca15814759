use std::sync::Arc;

use crate::run::end::Outcome;

/// Reads something from a value.
pub(super) type Read<T, V> = Arc<dyn Fn(&T) -> V + Send + Sync>;

/// Converts a value to content.
pub(super) type Show<T> = Arc<dyn Fn(&T, &mut Outcome<'_>) + Send + Sync>;
