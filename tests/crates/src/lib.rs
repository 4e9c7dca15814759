//! The tests of other crates' responses.
