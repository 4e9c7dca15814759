use std::sync::Arc;

use crate::run::end::Outcome;

/// Reads something of a value.
pub(super) type Read<T, V> = Arc<dyn Fn(&T) -> V + Send + Sync>;

/// Shows content of a value.
pub(super) type Show<T> = Arc<dyn Fn(&T, &mut Outcome<'_>) + Send + Sync>;
