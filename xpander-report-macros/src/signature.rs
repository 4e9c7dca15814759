use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, BoundLifetimes, FnArg, GenericArgument, GenericParam, Lifetime, Member,
    ParenthesizedGenericArguments, Pat, PatIdent, Path, PathArguments, PathSegment, ReturnType,
    Signature, Token, TraitBound, Type, TypeParamBound, parse_quote,
};

use crate::secret_names::Suspicion;

/// A name that an argument binds.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    /// The field that a pattern binds to this name.
    field: Option<Ident>,
    /// The `#[cfg]`s that the argument stands under.
    pub(crate) conditions: Vec<Attribute>,
    /// Its type is `bool`.
    is_bool: bool,
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

    /// Whether its name, or that of its field, is that of a secret. `true` and `false` are none.
    pub(crate) fn is_secret(&self) -> bool {
        let names = [Some(&self.name), self.field.as_ref()];
        let is_secret = |name: &Ident| Suspicion::of(&name.unraw().to_string()).is_some();
        !self.is_bool && names.into_iter().flatten().any(is_secret)
    }
}

/// All names that the arguments bind, in order; `self` as well.
pub(crate) fn arguments(signature: &Signature) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => arguments.push(Argument {
                name: Ident::new("self", receiver.self_token.span),
                mutability: receiver.mutability,
                field: None,
                conditions: conditions(&receiver.attrs),
                is_bool: false,
            }),
            FnArg::Typed(typed) => {
                let first = arguments.len();
                bindings(&typed.pat, &conditions(&typed.attrs), &mut arguments);
                if let (Pat::Ident(_), [only]) = (&*typed.pat, &mut arguments[first..]) {
                    only.is_bool =
                        last_segment(bare(&typed.ty)).is_some_and(|it| it.ident == "bool");
                }
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

/// Adds the names that a pattern binds under some conditions.
pub(crate) fn bindings(pattern: &Pat, under: &[Attribute], names: &mut Vec<Argument>) {
    let mut all = |patterns: &mut dyn Iterator<Item = &Pat>| {
        patterns.for_each(|pattern| bindings(pattern, under, names));
    };
    match pattern {
        Pat::Ident(binding) => {
            if !is_constant(binding) {
                names.push(Argument {
                    name: binding.ident.clone(),
                    // In `ref mut a`, it is not `a` that is `mut`.
                    mutability: binding.mutability.filter(|_| binding.by_ref.is_none()),
                    field: None,
                    conditions: under.to_vec(),
                    is_bool: false,
                });
            }
            if let Some((_, inner)) = &binding.subpat {
                bindings(inner, under, names);
            }
        }
        Pat::Paren(inner) => bindings(&inner.pat, under, names),
        Pat::Reference(inner) => bindings(&inner.pat, under, names),
        Pat::Type(inner) => bindings(&inner.pat, under, names),
        Pat::Tuple(tuple) => all(&mut tuple.elems.iter()),
        Pat::TupleStruct(tuple) => all(&mut tuple.elems.iter()),
        Pat::Slice(slice) => all(&mut slice.elems.iter()),
        Pat::Struct(fields) => {
            for field in &fields.fields {
                let mut under = under.to_vec();
                under.extend(conditions(&field.attrs));
                let first = names.len();
                bindings(&field.pat, &under, names);
                if let (Pat::Ident(_), Member::Named(member)) = (&*field.pat, &field.member) {
                    for name in &mut names[first..] {
                        name.field = Some(member.clone());
                    }
                }
            }
        }
        // In an `A(x) | B(x)`, each side binds the same names.
        Pat::Or(or) => all(&mut or.cases.first().into_iter()),
        _ => {}
    }
}

/// Whether a name in a pattern is a constant, such as `None`, and binds nothing. Only the compiler knows for sure. By
/// convention, bound names are lower case and constants upper case.
fn is_constant(binding: &PatIdent) -> bool {
    let is_plain =
        binding.by_ref.is_none() && binding.mutability.is_none() && binding.subpat.is_none();
    let name = binding.ident.unraw().to_string();
    is_plain && name.trim_start_matches('_').starts_with(char::is_uppercase)
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

/// What a bound says of an associated type, as in `Future<Output = u8>`.
pub(crate) fn associated<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
    name: &str,
) -> Option<&'a Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == name => Some(&assoc.ty),
            _ => None,
        })
    })
}

/// The return type as a `let` can write it, with each `impl Trait` left to inference. `None` for `!`.
pub(crate) fn annotation(output: &ReturnType) -> Option<Type> {
    match output {
        ReturnType::Default => Some(parse_quote!(())),
        ReturnType::Type(_, ty) => nameable(ty),
    }
}

/// Whether an `impl Trait` hides a part of the return type.
pub(crate) fn hides(output: &ReturnType) -> bool {
    let ReturnType::Type(_, shown) = output else {
        return false;
    };
    let whole = bare(shown).to_token_stream().to_string();
    annotation(output).is_some_and(|ty| ty.to_token_stream().to_string() != whole)
}

/// The bound of an `impl Fn(&str) -> String` or similar, and its arguments and output.
fn function_bound(
    output: &ReturnType,
) -> Option<(&Ident, &TraitBound, &ParenthesizedGenericArguments)> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::ImplTrait(object) = bare(ty) else {
        return None;
    };
    object.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        match &last.arguments {
            PathArguments::Parenthesized(function) => Some((&last.ident, bound, function)),
            _ => None,
        }
    })
}

/// The `dyn Fn(…)` that the value of such a function is as well. `None` for an `AsyncFn`, which has none.
pub(crate) fn function_object(output: &ReturnType) -> Option<TokenStream> {
    let (name, bound, _) = function_bound(output)?;
    let (lifetimes, path) = (&bound.lifetimes, &bound.path);
    let has_object = ["Fn", "FnMut", "FnOnce"].iter().any(|it| name == it);
    has_object.then(|| quote!(dyn #lifetimes #path))
}

/// The call of an `Edge` for a body whose value is an `impl Fn(&str) -> String` or the like. `None` where none
/// fits.
pub(crate) fn function(output: &ReturnType) -> Option<TokenStream> {
    let (name, bound, function) = function_bound(output)?;
    let kind = match name.to_string().as_str() {
        "Fn" => quote!(called),
        "FnMut" => quote!(called_mut),
        "FnOnce" => quote!(called_once),
        "AsyncFn" => quote!(awaited),
        "AsyncFnMut" => quote!(awaited_mut),
        "AsyncFnOnce" => quote!(awaited_once),
        _ => return None,
    };
    let any = any_lifetimes(bound.lifetimes.as_ref());
    if any.iter().any(|lifetime| is_shared(lifetime, function)) {
        return None;
    }
    let taken = function.inputs.iter().map(|input| taken(&input.ty, &any));
    let (form, types): (String, Vec<_>) = taken.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let has_form = match form.len() {
        1 | 2 => true,
        3 => !form.contains('m'),
        _ => false,
    };
    let form = has_form.then(|| format_ident!("{form}"))?;
    let (lifetimes, inputs, output) = (&bound.lifetimes, &function.inputs, &function.output);
    Some(quote!(#kind().#form::<#(#types,)* dyn #lifetimes ::core::ops::Fn(#inputs) #output, _>))
}

/// The lifetimes that a `for<'a>` declares.
fn any_lifetimes(lifetimes: Option<&BoundLifetimes>) -> Vec<&Lifetime> {
    let params = lifetimes.into_iter().flat_map(|it| &it.lifetimes);
    params
        .filter_map(|param| match param {
            GenericParam::Lifetime(param) => Some(&param.lifetime),
            _ => None,
        })
        .collect()
}

/// Whether several arguments are references of this lifetime.
fn is_shared(lifetime: &Lifetime, function: &ParenthesizedGenericArguments) -> bool {
    let inputs = function.inputs.iter();
    let references = inputs.filter(|input| match bare(&input.ty) {
        Type::Reference(reference) => reference.lifetime.as_ref() == Some(lifetime),
        _ => false,
    });
    references.count() > 1
}

/// How an argument is passed, and its type without a reference of any lifetime. `None` if it has other unnamed
/// lifetimes.
fn taken(ty: &Type, any: &[&Lifetime]) -> Option<(char, Type)> {
    let ty = bare(ty);
    let (letter, whole, held) = match ty {
        Type::Reference(reference) => {
            let held = &*reference.elem;
            match (&reference.lifetime, reference.mutability) {
                (Some(named), _) if !any.contains(&named) => ('v', ty, held),
                (_, Some(_)) => ('m', held, held),
                (_, None) => ('r', held, held),
            }
        }
        ty => ('v', ty, ty),
    };
    let tokens = held.to_token_stream().to_string();
    let is_plain =
        !tokens.contains(['&', '\'']) && !tokens.contains("impl ") && !tokens.contains("dyn ");
    is_plain.then(|| (letter, whole.clone()))
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
