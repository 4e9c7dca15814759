use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Path, Result, Signature, token};

use crate::expand::at;
use crate::function::{Body, Function};
use crate::keys::{self, Key};
use crate::outcome::rung;
use crate::private;
use crate::signature::{self, Argument, local};

/// The attribute's keys.
#[derive(Default)]
struct Keys {
    name: Key<LitStr>,
    skip: Key<Vec<Ident>>,
    skip_all: Key<()>,
    krate: Key<Path>,
}

impl Parse for Keys {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut keys = Self::default();
        keys::each(input, |input| {
            let name = keys::key(input)?;
            match name.to_string().as_str() {
                "name" => {
                    let text = keys::text(&name, input)?;
                    keys.name.set(name, text)
                }
                "skip" if input.peek(token::Paren) => {
                    keys.skip.set(name, keys::names("skip", input)?)
                }
                "skip" => Err(keys::skip_without_names(&name)),
                "skip_all" => {
                    keys::flag(&name, input)?;
                    keys.skip_all.set(name, ())
                }
                "crate" => {
                    let path = keys::path(&name, input)?;
                    keys.krate.set(name, path)
                }
                unknown => Err(Error::new(
                    name.span(),
                    format!(
                        "`{unknown}` is not a key of `#[tool]`. The keys are `name`, `skip`, `skip_all`, `crate`."
                    ),
                )),
            }
        })?;
        Ok(keys)
    }
}

/// The function, which reports its name to the current run. If there is an error, the original function and the error.
pub(crate) fn expand(keys: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse2(keys).and_then(|keys| {
        let function = Function::read("tool", item.clone())?;
        check(&keys, &function)?;
        Ok(tool(&keys, function))
    });
    expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#item #error)
    })
}

fn check(keys: &Keys, function: &Function) -> Result<()> {
    if let Some(constness) = &function.signature.constness {
        return Err(Error::new_spanned(
            constness,
            "`#[tool]` cannot instrument a `const fn`, which may run at compile time. \
             Remove `const`, or put the attribute on the function that calls it.",
        ));
    }
    let arguments = signature::arguments(&function.signature);
    let skipped = keys.skip.get().into_iter().flatten();
    for name in skipped {
        if !arguments.iter().any(|argument| argument.is(name)) {
            return Err(Error::new(
                name.span(),
                format!("`{name}` is not an argument of this function. Remove it from `skip`."),
            ));
        }
    }
    Ok(())
}

/// What is captured of the arguments: those that are bound by a plain name.
fn arguments(keys: &Keys, function: &Signature, private: &TokenStream) -> Option<TokenStream> {
    let skipped = keys.skip.get().map_or(&[][..], Vec::as_slice);
    let is_captured = |argument: &&Argument| {
        let label = argument.label();
        label != "self" && !label.starts_with('_') && !skipped.iter().any(|name| argument.is(name))
    };
    let arguments = signature::arguments(function);
    let captured = arguments.iter().filter(is_captured).map(|argument| {
        let Argument {
            name, conditions, ..
        } = argument;
        let label = argument.label();
        let value = match argument.is_secret() {
            true => quote!(&#private::Redacted),
            false => rung(private, at(name), &quote!(&#name)),
        };
        quote!(#(#conditions)* (#label, #value))
    });
    let captured: Vec<_> = captured.collect();
    if captured.is_empty() || keys.skip_all.get().is_some() {
        return None;
    }
    let call = local("call");
    Some(quote! {
        .arguments(|#call| {
            #[allow(unused_imports)]
            use #private::rungs::*;
            #call.capture(&[#(#captured),*]);
        })
    })
}

// Output:
//
//     async fn search(query: &str) -> String {
//         let __tool0 = ::xpander_report::__private_0_1::called("search").arguments(|__call| {
//             use ::xpander_report::__private_0_1::rungs::*;
//             __call.capture(&[("query", &(&&Probe(&query)).capture_rung())]);
//         });
//         '__tool0: { … }
//     }
fn tool(keys: &Keys, function: Function) -> TokenStream {
    let module = private::module();
    let krate = match keys.krate.get() {
        Some(path) => path.to_token_stream(),
        None => quote!(::xpander_report),
    };
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let name = match keys.name.get() {
        Some(name) => name.value(),
        None => signature.ident.unraw().to_string(),
    };
    let Body {
        attributes: inner,
        tools,
        ..
    } = &body;
    // A tool of several names has a label for each.
    let label = format!("__tool{}", tools.clone().into_iter().count());
    let labelled = body.labelled(&format!("'{label}"));
    let call = local(&label["__".len()..]);
    // A span must not stay entered while a future waits.
    let private = quote!(#krate::#module);
    let arguments = arguments(keys, &signature, &private);
    let entered = signature.asyncness.is_none().then(|| quote!(.entered()));
    // `#[external_task]` below this finds the call and leaves it to the run around its own.
    let content =
        quote!(#inner #tools let #call = #private::called(#name) #arguments #entered; #labelled);
    let mut block = Group::new(Delimiter::Brace, content);
    block.set_span(body.block.span());
    quote!(#(#attributes)* #visibility #signature #block)
}
