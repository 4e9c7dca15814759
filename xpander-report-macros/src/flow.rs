use syn::{ReturnType, Type, TypeParamBound};

use crate::signature::{associated, bare, is, last_segment, nameable, type_arguments};

const STREAMS: &[&str] = &["Stream", "FusedStream"];
const ITERATORS: &[&str] = &[
    "Iterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "FusedIterator",
];

/// What a function's value is when it comes in pieces.
pub(crate) struct Flow {
    pub(crate) source: Source,
    /// Whether it is inside a `Result`.
    pub(crate) in_result: bool,
}

pub(crate) enum Source {
    /// `impl Stream`, and what its items are
    Stream(Option<Type>),
    /// `impl Iterator`, and what its items are
    Iterator(Option<Type>),
    /// A box, or a name that may stand for one: its type decides.
    Boxed,
}

pub(crate) fn of(output: &ReturnType) -> Option<Flow> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => of_type(ty),
    }
}

pub(crate) fn of_type(ty: &Type) -> Option<Flow> {
    let ty = bare(ty);
    if let Some(last) = last_segment(ty)
        && last.ident.to_string().ends_with("Result")
        && let Some(inner) = type_arguments(&last.arguments).next()
    {
        let source = source(inner)?;
        return Some(Flow {
            source,
            in_result: true,
        });
    }
    Some(Flow {
        source: source(ty)?,
        in_result: false,
    })
}

fn source(ty: &Type) -> Option<Source> {
    match bare(ty) {
        Type::ImplTrait(object) if has(&object.bounds, STREAMS) => {
            Some(Source::Stream(item(&object.bounds)))
        }
        Type::ImplTrait(object) if has(&object.bounds, ITERATORS) => {
            Some(Source::Iterator(item(&object.bounds)))
        }
        ty => may_be_boxed(ty).then_some(Source::Boxed),
    }
}

/// Whether it is `Box<dyn Stream>`, such a box in a `Pin`, or has a name that promises one.
fn may_be_boxed(ty: &Type) -> bool {
    let ty = bare(ty);
    if let Type::TraitObject(object) = ty {
        return has(&object.bounds, STREAMS) || has(&object.bounds, ITERATORS);
    }
    let Some(last) = last_segment(ty) else {
        return false;
    };
    match last.ident.to_string().as_str() {
        "Pin" | "Box" => type_arguments(&last.arguments)
            .next()
            .is_some_and(may_be_boxed),
        name => name.contains("Stream"),
    }
}

fn item<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Option<Type> {
    associated(bounds, "Item").and_then(|item| nameable(&item))
}

fn has<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>, names: &[&str]) -> bool {
    bounds
        .into_iter()
        .any(|bound| names.iter().any(|name| is(bound, name)))
}
