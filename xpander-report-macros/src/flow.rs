//! Streams, iterators and futures that a return type names. If the return type names none, the value's type decides:
//! see `kind` in `xpander-report`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{PathSegment, ReturnType, Token, Type, TypeParamBound};

use crate::signature::{associated, bare, is, last_segment, nameable, type_arguments};

/// Boxes of streams and futures, by the names that other crates give them.
pub(crate) const ALIASES: &[&str] = &["BoxFuture", "BoxStream", "LocalBoxFuture", "LocalBoxStream"];

const STREAMS: &[&str] = &["Stream", "FusedStream", "TryStream"];
const ITERATORS: &[&str] = &[
    "Iterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "FusedIterator",
];
const FUTURES: &[&str] = &["Future", "FusedFuture", "TryFuture"];
const INTO_FUTURES: &[&str] = &["IntoFuture"];

/// Other traits that the followed value implements if the original value does.
const KEPT: &[&str] = &[
    "Any",
    "Captures",
    "Clone",
    "Debug",
    "FutureExt",
    "IntoIterator",
    "Itertools",
    "RefUnwindSafe",
    "Send",
    "Sized",
    "StreamExt",
    "Sync",
    "TryFutureExt",
    "TryStreamExt",
    "Unpin",
    "UnwindSafe",
];

/// Traits that the followed value cannot implement.
const LOST: &[&str] = &[
    "AsyncBufRead",
    "AsyncRead",
    "AsyncSeek",
    "AsyncWrite",
    "Copy",
    "Default",
    "Display",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Read",
    "Sink",
    "Write",
];

/// An `impl Stream` or the like in the return type.
pub(crate) struct Shown<'a> {
    /// The path to it from the entire return type.
    path: Vec<Step>,
    kind: FlowKind,
    bounds: &'a Bounds,
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

#[derive(Clone, Copy)]
enum Step {
    /// Into the first argument of a type, as in `Result<impl Stream, E>`.
    Inside,
    /// Into an element of a tuple.
    Element(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FlowKind {
    Stream,
    Iterator,
    Future,
    IntoFuture,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(output: &'a ReturnType) -> Option<Self> {
        match output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Self::of_type(ty),
        }
    }

    pub(crate) fn of_type(ty: &'a Type) -> Option<Self> {
        Self::within(ty, &mut Vec::new())
    }

    fn within(ty: &'a Type, path: &mut Vec<Step>) -> Option<Self> {
        match bare(ty) {
            Type::ImplTrait(object) => Some(Self {
                kind: FlowKind::of(&object.bounds)?,
                bounds: &object.bounds,
                path: path.clone(),
            }),
            Type::Tuple(tuple) => tuple
                .elems
                .iter()
                .enumerate()
                .find_map(|(number, ty)| Self::step(Step::Element(number), ty, path)),
            ty => {
                let inner = type_arguments(&last_segment(ty)?.arguments).next()?;
                Self::step(Step::Inside, unpinned(ty).unwrap_or(inner), path)
            }
        }
    }

    fn step(step: Step, ty: &'a Type, path: &mut Vec<Step>) -> Option<Self> {
        path.push(step);
        let found = Self::within(ty, path);
        path.pop();
        found
    }

    /// The path to it and its kind, as types.
    pub(crate) fn mark(&self, private: &TokenStream) -> TokenStream {
        let path = self
            .path
            .iter()
            .rev()
            .fold(quote!(#private::Here), |path, step| match step {
                Step::Inside => quote!(#private::Inside<#path>),
                Step::Element(number) => quote!(#private::Element<#number, #path>),
            });
        let kind = match self.kind {
            FlowKind::Stream => quote!(AStream),
            FlowKind::Iterator => quote!(AnIterator),
            FlowKind::Future => quote!(AFuture),
            FlowKind::IntoFuture => quote!(AnIntoFuture),
        };
        quote!((#path, #private::#kind))
    }

    /// The type of its items or its output, as a `let` can write it.
    pub(crate) fn piece(&self) -> Option<Type> {
        self.piece_type().and_then(nameable)
    }

    /// What comes of it, as it is written.
    pub(crate) fn piece_type(&self) -> Option<&'a Type> {
        let name = match self.kind {
            FlowKind::Stream | FlowKind::Iterator => "Item",
            FlowKind::Future | FlowKind::IntoFuture => "Output",
        };
        associated(self.bounds, name)
    }

    pub(crate) fn is_future(&self) -> bool {
        matches!(self.kind, FlowKind::Future | FlowKind::IntoFuture)
    }

    /// In the output of a future, the second stream or future of a tuple.
    pub(crate) fn second(&self) -> Option<&'a Type> {
        self.piece_type()
            .filter(|_| self.is_future())
            .and_then(second_in)
    }

    pub(crate) fn is_in_a_tuple(&self) -> bool {
        self.path
            .iter()
            .any(|step| matches!(step, Step::Element(_)))
    }

    /// A trait that the followed value cannot implement.
    pub(crate) fn unsupported_bound(&self) -> Option<&'a TypeParamBound> {
        self.bounds.iter().find(|bound| is_one_of(bound, LOST))
    }

    /// Whether the followed value certainly implements all named traits.
    pub(crate) fn keeps_all(&self) -> bool {
        let flows = [STREAMS, ITERATORS, FUTURES, INTO_FUTURES, KEPT];
        self.bounds.iter().all(|bound| {
            !matches!(bound, TypeParamBound::Trait(_))
                || flows.iter().any(|names| is_one_of(bound, names))
        })
    }
}

impl FlowKind {
    fn of(bounds: &Bounds) -> Option<Self> {
        let has = |names| bounds.iter().any(|bound| is_one_of(bound, names));
        if has(STREAMS) {
            Some(Self::Stream)
        } else if has(ITERATORS) {
            Some(Self::Iterator)
        } else if has(FUTURES) {
            Some(Self::Future)
        } else if has(INTO_FUTURES) {
            Some(Self::IntoFuture)
        } else {
            None
        }
    }
}

/// Whether it is a stream, an iterator or a future.
pub(crate) fn is_followed(bounds: &Bounds) -> bool {
    FlowKind::of(bounds).is_some()
}

/// Whether a return type spells a future: then the keys look at its output.
pub(crate) fn spells_a_future(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => is_a_future(ty),
    }
}

fn is_a_future(ty: &Type) -> bool {
    let has = |bounds: &Bounds| {
        matches!(
            FlowKind::of(bounds),
            Some(FlowKind::Future | FlowKind::IntoFuture)
        )
    };
    match bare(ty) {
        Type::ImplTrait(object) => has(&object.bounds),
        Type::TraitObject(object) => has(&object.bounds),
        Type::Tuple(tuple) => tuple.elems.iter().any(is_a_future),
        ty => last_segment(ty).is_some_and(|last| {
            let name = last.ident.to_string();
            matches!(name.as_str(), "BoxFuture" | "LocalBoxFuture")
                || type_arguments(&last.arguments)
                    .next()
                    .is_some_and(is_a_future)
        }),
    }
}

/// The second part of a tuple that goes on: a run follows one. What is written as another name, the type decides.
pub(crate) fn second(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => second_in(ty),
    }
}

fn second_in(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        Type::Tuple(tuple) => {
            let mut parts = tuple.elems.iter().filter(|ty| goes_on(ty));
            parts
                .nth(1)
                .or_else(|| tuple.elems.iter().find_map(second_in))
        }
        ty => held(ty).and_then(second_in),
    }
}

fn goes_on(ty: &Type) -> bool {
    match bare(ty) {
        Type::ImplTrait(object) => is_followed(&object.bounds),
        Type::TraitObject(object) => is_followed(&object.bounds),
        Type::Tuple(tuple) => tuple.elems.iter().any(goes_on),
        ty => {
            let is_box = |last: &PathSegment| ALIASES.iter().any(|name| last.ident == name);
            last_segment(ty).is_some_and(is_box) || held(ty).is_some_and(goes_on)
        }
    }
}

/// What a type holds that stands in for it.
fn held(ty: &Type) -> Option<&Type> {
    let last = last_segment(ty)?;
    let is_known = ["Box", "Option", "Pin", "Result"]
        .iter()
        .any(|name| last.ident == name);
    type_arguments(&last.arguments).next().filter(|_| is_known)
}

/// The type in a `Pin<Box<…>>`: the pin is followed as a whole.
fn unpinned(ty: &Type) -> Option<&Type> {
    let pin = last_segment(ty).filter(|last| last.ident == "Pin")?;
    let boxed = last_segment(bare(type_arguments(&pin.arguments).next()?))?;
    type_arguments(&boxed.arguments).next()
}

fn is_one_of(bound: &TypeParamBound, names: &[&str]) -> bool {
    names.iter().any(|name| is(bound, name))
}
