//! A run as a span of `tracing`, by OpenTelemetry's conventions for GenAI.
//!
//! There is one place in which spans of runs are made, for all functions: what `tracing` keeps of such a place is
//! compiled once. Without the feature `tracing` there is never a span.

#[cfg(feature = "tracing")]
mod attributes;
#[cfg(feature = "tracing")]
mod opened;
#[cfg(feature = "tracing")]
pub(crate) mod tool;
#[cfg(not(feature = "tracing"))]
mod unopened;

#[cfg(feature = "tracing")]
pub(crate) use opened::{EndingSpan, EnteredSpan, RunSpan};
#[cfg(not(feature = "tracing"))]
pub(crate) use unopened::{EndingSpan, EnteredSpan, RunSpan};
