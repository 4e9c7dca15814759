//! The macros of `xpander-report`. Use them through that crate, which documents them.

mod check;
mod expand;
mod function;
mod keys;
mod signature;

use proc_macro::TokenStream;

/// Reports each run of the function to your xpander.ai agent.
///
/// See `xpander_report::external_task`.
#[proc_macro_attribute]
pub fn external_task(keys: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(keys.into(), item.into()).into()
}
