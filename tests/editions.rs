//! Callers of edition 2024. Those of edition 2021 are in `edition-2021`.

#![deny(warnings)]

#[path = "shared/editions.rs"]
mod functions;
