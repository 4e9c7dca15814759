use proc_macro2::{Ident, Span};

const NAME: &str = concat!(
    "__private_",
    env!("CARGO_PKG_VERSION_MAJOR"),
    "_",
    env!("CARGO_PKG_VERSION_MINOR")
);

/// The module of the library that expansions call. Its name holds the version, so that an attribute and a library of
/// different versions do not meet.
pub(crate) fn module() -> Ident {
    Ident::new(NAME, Span::call_site())
}

/// Whether it is that module.
pub(crate) fn is_module(name: &Ident) -> bool {
    name == NAME
}
