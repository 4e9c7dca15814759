//! There is only the bench.
