//! The macros of `xpander-report`. Use them through that crate, which documents them.

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
