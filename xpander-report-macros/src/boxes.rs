//! Finds boxes that cannot be followed. The compiler requires that the followed box does not outlive its items or its
//! output. A box without a lifetime is `'static`.

use syn::{
    GenericArgument, Lifetime, Path, PathArguments, ReturnType, Type, TypeParamBound,
    TypeTraitObject,
};

use crate::flow::{ALIASES, is_followed};
use crate::signature::{associated, bare, last_segment, type_arguments};

/// The item or output type of a `'static` box in the return type, if this type borrows.
pub(crate) fn borrowed_item_of_static_box(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => within(ty),
    }
}

/// Searches the same types as `Found` in `xpander-report`.
fn within(ty: &Type) -> Option<&Type> {
    if let Type::Tuple(tuple) = bare(ty) {
        return tuple.elems.iter().find_map(within);
    }
    let last = last_segment(bare(ty))?;
    let mut inner = type_arguments(&last.arguments);
    if ALIASES.iter().any(|name| last.ident == name) {
        // One that names no lifetime has that of an argument.
        let is_static = lifetimes(&last.arguments).any(|lifetime| lifetime.ident == "static");
        return inner.find(|given| is_static && borrows(given));
    }
    match (last.ident.to_string().as_str(), bare(inner.next()?)) {
        ("Box", Type::TraitObject(object)) => given(object).filter(|given| borrows(given)),
        ("Box" | "Option" | "Pin" | "Result", inner) => within(inner),
        _ => None,
    }
}

/// The item or output type of a `'static` trait object that would be followed.
fn given(object: &TypeTraitObject) -> Option<&Type> {
    let bounds = object.bounds.iter();
    let mut lifetimes = bounds.filter_map(|bound| match bound {
        TypeParamBound::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    });
    let is_static = lifetimes.all(|lifetime| lifetime.ident == "static");
    if !is_followed(&object.bounds) || !is_static {
        return None;
    }
    associated(&object.bounds, "Item").or_else(|| associated(&object.bounds, "Output"))
}

fn lifetimes(arguments: &PathArguments) -> impl Iterator<Item = &Lifetime> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    let arguments = arguments.into_iter().flatten();
    arguments.filter_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })
}

/// Whether a type has a named lifetime other than `'static`.
fn borrows(ty: &Type) -> bool {
    match bare(ty) {
        Type::Reference(reference) => {
            let lifetime = reference.lifetime.as_ref();
            lifetime.is_none_or(|it| it.ident != "static") || borrows(&reference.elem)
        }
        Type::Array(ty) => borrows(&ty.elem),
        Type::Ptr(ty) => borrows(&ty.elem),
        Type::Slice(ty) => borrows(&ty.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Type::Path(ty) => path_borrows(&ty.path),
        Type::TraitObject(object) => object.bounds.iter().any(|bound| match bound {
            TypeParamBound::Lifetime(lifetime) => lifetime.ident != "static",
            // What stands under a `for<'a>` names no lifetime of the function's.
            TypeParamBound::Trait(bound) => bound.lifetimes.is_none() && path_borrows(&bound.path),
            _ => false,
        }),
        _ => false,
    }
}

fn path_borrows(path: &Path) -> bool {
    path.segments.iter().any(|segment| {
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return false;
        };
        arguments.args.iter().any(|argument| match argument {
            GenericArgument::Lifetime(lifetime) => lifetime.ident != "static",
            GenericArgument::Type(ty) => borrows(ty),
            GenericArgument::AssocType(assoc) => borrows(&assoc.ty),
            _ => false,
        })
    })
}
