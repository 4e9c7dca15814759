//! This package has only a bench.
