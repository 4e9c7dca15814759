//! Patterns that another attribute, such as `#[async_trait]`, has moved from the arguments into the body.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::{Ident, Pat};

use crate::signature::{Argument, bindings};

/// An argument that another attribute has renamed, and the pattern by which the body destructures it.
pub(crate) struct Renamed {
    pub(crate) argument: Ident,
    /// The pattern without `mut`, `ref` and `&`, so that it borrows.
    pub(crate) borrowing: Pat,
    /// What it binds.
    pub(crate) names: Vec<Argument>,
}

impl Renamed {
    /// The pattern of such an argument: in the body stands `let PATTERN = { … __arg1 … };`.
    pub(crate) fn of(argument: &Argument, body: &TokenStream) -> Option<Self> {
        let number = argument.name.to_string();
        let number = number.strip_prefix("__arg")?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut borrowing = find(body, &argument.name)?;
        let mut names = Vec::new();
        if !matches!(&borrowing, Pat::Ident(binding) if binding.ident == argument.name) {
            bindings(&borrowing, &argument.conditions, &mut names);
        }
        borrow(&mut borrowing);
        for name in &mut names {
            name.mutability = None;
        }
        Some(Self {
            argument: argument.name.clone(),
            borrowing,
            names,
        })
    }
}

/// The pattern of the first `let` whose value mentions the name alone.
fn find(tokens: &TokenStream, name: &Ident) -> Option<Pat> {
    let mut tokens = tokens.clone().into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                if let Some(pattern) = find(&group.stream(), name) {
                    return Some(pattern);
                }
            }
            TokenTree::Ident(word) if word == "let" => {
                let pattern = up_to(&mut tokens, '=');
                let value = up_to(&mut tokens, ';');
                if is_made_of(&value, name) {
                    return Pat::parse_multi.parse2(pattern).ok();
                }
                if let Some(pattern) = find(&value, name) {
                    return Some(pattern);
                }
            }
            _ => {}
        }
    }
    None
}

fn up_to(tokens: &mut impl Iterator<Item = TokenTree>, end: char) -> TokenStream {
    let mut dots = false;
    tokens
        .take_while(|token| {
            let TokenTree::Punct(punct) = token else {
                dots = false;
                return true;
            };
            // `..=` is a part of the pattern.
            let is_end = punct.as_char() == end && !dots;
            dots = punct.as_char() == '.';
            !is_end
        })
        .collect()
}

/// `__arg1`, or `{ let __arg1 = __arg1; __arg1 }`.
fn is_made_of(value: &TokenStream, name: &Ident) -> bool {
    let moved = quote!({ let #name = #name; #name }).to_string();
    let value = value.to_string();
    *name == value || value == moved
}

/// Takes `mut`, `ref` and `&` out, none of which may stand in a pattern that borrows.
fn borrow(pattern: &mut Pat) {
    match pattern {
        Pat::Ident(binding) => {
            binding.by_ref = None;
            binding.mutability = None;
            if let Some((_, inner)) = &mut binding.subpat {
                borrow(inner);
            }
        }
        Pat::Reference(inner) => {
            let mut inner = (*inner.pat).clone();
            borrow(&mut inner);
            *pattern = inner;
        }
        Pat::Paren(inner) => borrow(&mut inner.pat),
        Pat::Type(inner) => borrow(&mut inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(borrow),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(borrow),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(borrow),
        Pat::Struct(fields) => fields.fields.iter_mut().for_each(|field| {
            // `Point { ref x }` is a shorthand, which stays one.
            borrow(&mut field.pat);
        }),
        Pat::Or(or) => or.cases.iter_mut().for_each(borrow),
        _ => {}
    }
}

impl ToTokens for Renamed {
    /// The names as borrows of what the argument holds.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            argument,
            borrowing,
            names,
        } = self;
        if !names.is_empty() {
            tokens.extend(quote! {
                #[allow(unused_variables, clippy::toplevel_ref_arg)]
                let #borrowing = &#argument;
            });
        }
    }
}
