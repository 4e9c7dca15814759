//! The platform: its address, its calls, and the meaning of its answers.

pub(crate) mod api;
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod secret;
