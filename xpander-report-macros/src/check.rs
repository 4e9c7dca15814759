use proc_macro2::Ident;
use syn::Error;

use crate::function::Function;
use crate::keys::{Input, Keys};
use crate::signature::Argument;

/// What the signature and the keys must keep to, all breaches at once.
pub(crate) fn check(keys: &Keys, function: &Function, arguments: &[Argument]) -> Result<(), Error> {
    let signature = &function.signature;
    let mut errors = Vec::new();
    if let Some(constness) = &signature.constness {
        errors.push(Error::new_spanned(
            constness,
            "`#[external_task]` cannot instrument a `const fn`: a run of it can take place in the \
             compiler. Remove `const`, or put the attribute on the function that calls it.",
        ));
    }
    let tracks_caller = |attribute: &&syn::Attribute| attribute.path().is_ident("track_caller");
    if let Some(attribute) = function.attributes.iter().find(tracks_caller) {
        errors.push(Error::new_spanned(
            attribute,
            "`#[external_task]` cannot keep `#[track_caller]`: the body moves into a closure. \
             Remove one of the two.",
        ));
    }
    let allowed: &[Ident] = match keys.input.get() {
        Some(Input::Only(allowed)) => allowed,
        _ => &[],
    };
    let skipped = keys.skip.get().map_or(&[][..], Vec::as_slice);
    for name in allowed.iter().chain(skipped) {
        if !arguments.iter().any(|argument| argument.is(name)) {
            errors.push(Error::new(
                name.span(),
                format!(
                    "`{name}` is no argument of this function. Name one that is{}.",
                    listed(arguments)
                ),
            ));
        }
    }
    if let (Some(input), Some(skip)) =
        (keys.input.name(), keys.skip_all.name().or(keys.skip.name()))
    {
        errors.push(Error::new(
            skip.span(),
            format!("`{skip}` cannot stand beside `{input}`, which says already what is captured. Remove one of the two."),
        ));
    }
    if let (Some(flag), None) = (keys.keep_failures.name(), keys.sample.get()) {
        errors.push(Error::new(
            flag.span(),
            "`keep_failures` cannot stand without `sample`: all runs are reported. Remove it, or \
             write `sample = 0.1` beside it.",
        ));
    }
    errors
        .into_iter()
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .map_or(Ok(()), Err)
}

fn listed(arguments: &[Argument]) -> String {
    let names: Vec<String> = arguments
        .iter()
        .map(|argument| format!("`{}`", argument.label()))
        .collect();
    if names.is_empty() {
        ", or none".to_owned()
    } else {
        format!(": {}", names.join(", "))
    }
}
