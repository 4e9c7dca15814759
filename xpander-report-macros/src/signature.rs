use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, GenericArgument, Pat, Path, PathArguments, PathSegment, ReturnType,
    Signature, Token, Type, TypeParamBound, parse_quote,
};

/// A name that an argument binds.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    /// The `#[cfg]`s that the argument stands under.
    pub(crate) conditions: Vec<Attribute>,
}

impl Argument {
    /// Whether a key means this argument by `name`.
    pub(crate) fn is(&self, name: &Ident) -> bool {
        *name == self.label()
    }

    /// As the report shows it.
    pub(crate) fn label(&self) -> String {
        self.name.unraw().to_string()
    }
}

/// How the function gives its value.
pub(crate) enum Kind {
    Async,
    Sync,
    /// It returns a future.
    Future {
        output: Box<Type>,
        wrapping: Wrapping,
    },
}

/// All names that the arguments bind, in order; `self` as well.
pub(crate) fn arguments(signature: &Signature) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => arguments.push(Argument {
                name: Ident::new("self", receiver.self_token.span),
                mutability: receiver.mutability,
                conditions: conditions(&receiver.attrs),
            }),
            FnArg::Typed(typed) => {
                let conditions = conditions(&typed.attrs);
                let mut names = Vec::new();
                bindings(&typed.pat, &mut names);
                arguments.extend(names.into_iter().map(|(name, mutability)| Argument {
                    name,
                    mutability,
                    conditions: conditions.clone(),
                }));
            }
        }
    }
    arguments
}

fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .cloned()
        .collect()
}

fn bindings(pattern: &Pat, names: &mut Vec<(Ident, Option<Token![mut]>)>) {
    match pattern {
        Pat::Ident(binding) => {
            // In `ref mut a`, it is not `a` that is `mut`.
            let mutability = binding.mutability.filter(|_| binding.by_ref.is_none());
            names.push((binding.ident.clone(), mutability));
            if let Some((_, inner)) = &binding.subpat {
                bindings(inner, names);
            }
        }
        Pat::Paren(inner) => bindings(&inner.pat, names),
        Pat::Reference(inner) => bindings(&inner.pat, names),
        Pat::Type(inner) => bindings(&inner.pat, names),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|pat| bindings(pat, names)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|pat| bindings(pat, names)),
        Pat::Slice(slice) => slice.elems.iter().for_each(|pat| bindings(pat, names)),
        Pat::Struct(fields) => fields
            .fields
            .iter()
            .for_each(|field| bindings(&field.pat, names)),
        // In an `A(x) | B(x)`, each side binds the same names.
        Pat::Or(or) => {
            if let Some(first) = or.cases.first() {
                bindings(first, names);
            }
        }
        _ => {}
    }
}

pub(crate) fn kind(signature: &Signature) -> Kind {
    if signature.asyncness.is_some() {
        return Kind::Async;
    }
    let ReturnType::Type(_, output) = &signature.output else {
        return Kind::Sync;
    };
    match future_output(output) {
        Some((output, wrapping)) => Kind::Future {
            output: Box::new(output),
            wrapping,
        },
        None => Kind::Sync,
    }
}

/// What a future that a function returns is wrapped into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// `impl Future`
    None,
    /// `Pin<Box<…>>`, and what must be `Unpin`
    Pinned,
    /// `Box<…>`
    Boxed,
}

/// The output of a future that the return type shows, and what it is wrapped into.
fn future_output(ty: &Type) -> Option<(Type, Wrapping)> {
    let ty = bare(ty);
    if let Type::ImplTrait(object) = ty {
        let wrapping = match object.bounds.iter().any(|bound| is(bound, "Unpin")) {
            true => Wrapping::Pinned,
            false => Wrapping::None,
        };
        return Some((bounds_output(&object.bounds)?, wrapping));
    }
    let last = last_segment(ty)?;
    match last.ident.to_string().as_str() {
        "BoxFuture" | "LocalBoxFuture" => {
            let output = type_arguments(&last.arguments).next()?;
            Some((output.clone(), Wrapping::Pinned))
        }
        "Pin" => {
            let boxed = bare(type_arguments(&last.arguments).next()?);
            Some((boxed_output(last_segment(boxed)?)?, Wrapping::Pinned))
        }
        _ => Some((boxed_output(last)?, Wrapping::Boxed)),
    }
}

/// The output of `Box<dyn Future>` and `Box<impl Future>`.
fn boxed_output(boxed: &PathSegment) -> Option<Type> {
    if boxed.ident != "Box" {
        return None;
    }
    match bare(type_arguments(&boxed.arguments).next()?) {
        Type::TraitObject(object) => bounds_output(&object.bounds),
        Type::ImplTrait(object) => bounds_output(&object.bounds),
        _ => None,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Whether it is the trait of this name.
pub(crate) fn is(bound: &TypeParamBound, name: &str) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    let last = bound.path.segments.last();
    last.is_some_and(|last| last.ident == name)
}

/// The type without what only groups it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(ty) => bare(&ty.elem),
        Type::Group(ty) => bare(&ty.elem),
        _ => ty,
    }
}

pub(crate) fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

fn bounds_output<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Option<Type> {
    let mut bounds = bounds.into_iter().filter(|bound| is(bound, "Future"));
    associated(bounds.next(), "Output")
}

/// What a bound says of an associated type, as in `Future<Output = u8>`.
pub(crate) fn associated<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
    name: &str,
) -> Option<Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == name => Some(assoc.ty.clone()),
            _ => None,
        })
    })
}

/// The return type as a `let` can spell it: what `impl Trait` hides is left to inference. `None`
/// for `!`, which a `let` cannot spell.
pub(crate) fn annotation(output: &ReturnType) -> Option<Type> {
    match output {
        ReturnType::Default => Some(parse_quote!(())),
        ReturnType::Type(_, ty) => nameable(ty),
    }
}

pub(crate) fn nameable(ty: &Type) -> Option<Type> {
    match ty {
        Type::Never(_) => None,
        Type::Group(ty) => nameable(&ty.elem),
        Type::Paren(ty) => nameable(&ty.elem),
        _ => {
            let mut ty = ty.clone();
            hide_impl_trait(&mut ty);
            Some(ty)
        }
    }
}

fn hide_impl_trait(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = parse_quote!(_),
        Type::Array(ty) => hide_impl_trait(&mut ty.elem),
        Type::Group(ty) => hide_impl_trait(&mut ty.elem),
        Type::Paren(ty) => hide_impl_trait(&mut ty.elem),
        Type::Ptr(ty) => hide_impl_trait(&mut ty.elem),
        Type::Reference(ty) => hide_impl_trait(&mut ty.elem),
        Type::Slice(ty) => hide_impl_trait(&mut ty.elem),
        Type::Tuple(ty) => ty.elems.iter_mut().for_each(hide_impl_trait),
        Type::Path(ty) => hide_in_path(&mut ty.path),
        Type::TraitObject(ty) => {
            for bound in &mut ty.bounds {
                if let TypeParamBound::Trait(bound) = bound {
                    hide_in_path(&mut bound.path);
                }
            }
        }
        _ => {}
    }
}

fn hide_in_path(path: &mut Path) {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            for argument in &mut arguments.args {
                match argument {
                    GenericArgument::Type(ty) => hide_impl_trait(ty),
                    GenericArgument::AssocType(assoc) => hide_impl_trait(&mut assoc.ty),
                    _ => {}
                }
            }
        }
    }
}

/// A local of the expansion, which nothing in the user's code can meet.
pub(crate) fn local(name: &str) -> Ident {
    format_ident!("__{}", name, span = Span::mixed_site())
}
