use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Path, Result};

use crate::function::{Body, Function};
use crate::keys::{self, Key};
use crate::private;
use crate::signature::local;

/// The attribute's keys.
#[derive(Default)]
struct Keys {
    name: Key<LitStr>,
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
                "crate" => {
                    let path = keys::path(&name, input)?;
                    keys.krate.set(name, path)
                }
                unknown => Err(Error::new(
                    name.span(),
                    format!("`{unknown}` is no key of `#[tool]`. The keys are `name`, `crate`."),
                )),
            }
        })?;
        Ok(keys)
    }
}

/// The function, which says its name to the run that it is called in; beside an error, the function as
/// it was.
pub(crate) fn expand(keys: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse2(keys).and_then(|keys| {
        let function = Function::read("tool", item.clone())?;
        check(&function)?;
        Ok(tool(&keys, function))
    });
    expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#item #error)
    })
}

fn check(function: &Function) -> Result<()> {
    match &function.signature.constness {
        Some(constness) => Err(Error::new_spanned(
            constness,
            "`#[tool]` cannot instrument a `const fn`: a call of it can take place in the compiler. \
             Remove `const`, or put the attribute on the function that calls it.",
        )),
        None => Ok(()),
    }
}

// Output:
//
//     async fn search(query: &str) -> String {
//         let __tool0 = ::xpander_report::__private_0_1::called("search");
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
    let entered = signature.asyncness.is_none().then(|| quote!(.entered()));
    // `#[external_task]` below this finds the call and leaves it to the run around its own.
    let content =
        quote!(#inner #tools let #call = #krate::#module::called(#name) #entered; #labelled);
    let mut block = Group::new(Delimiter::Brace, content);
    block.set_span(body.block.span());
    quote!(#(#attributes)* #visibility #signature #block)
}
