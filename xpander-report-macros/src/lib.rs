//! The attribute macros of [`xpander-report`](https://docs.rs/xpander-report): they report each run of a function to the
//! xpander.ai platform, and list each call of a tool.
//!
//! Depend on `xpander-report`, which exports both attributes and has their documentation. This page has no example: the
//! code that the macros write calls `xpander-report`, so that they do not work without it. `xpander-report` pins the exact
//! version of this crate.
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

mod boxes;
mod check;
mod expand;
mod flow;
mod function;
mod keys;
mod outcome;
mod private;
mod renamed;
mod secret_names;
mod signature;
mod tool;

use proc_macro::TokenStream;

/// Reports each run of the function to your xpander.ai agent.
///
/// See `xpander_report::external_task`.
#[proc_macro_attribute]
pub fn external_task(keys: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(keys.into(), item.into()).into()
}

/// Adds each call of the function to the tools of the run that it is called in.
///
/// See `xpander_report::tool`.
#[proc_macro_attribute]
pub fn tool(keys: TokenStream, item: TokenStream) -> TokenStream {
    tool::expand(keys.into(), item.into()).into()
}
