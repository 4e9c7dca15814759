//! Callers of edition 2021. Those of edition 2024 are beside this package.

#![deny(warnings)]

#[cfg(test)]
#[path = "../../shared/editions.rs"]
mod functions;
