//! The platform: where it is, what one call of it says, and what its answers mean.

pub(crate) mod api;
mod certificates;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod secret;
