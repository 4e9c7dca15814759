use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, Expr, Type, parse_quote};

use crate::function::Function;
use crate::keys::{Input, Keys};
use crate::signature::{self, Argument, Kind, local};

/// The instrumented function; beside an error, the function as it was, so that nothing else breaks.
pub(crate) fn expand(keys: TokenStream, item: TokenStream) -> TokenStream {
    let keys = syn::parse2::<Keys>(keys);
    let function = syn::parse2::<Function>(item.clone());
    let expanded = match (keys, function) {
        (Ok(keys), Ok(function)) => Expansion::new(&keys, &function).map(|it| it.expand()),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            Err(error)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#item #error)
    })
}

struct Expansion<'a> {
    keys: &'a Keys,
    function: &'a Function,
    /// The path of what the expansion calls.
    private: TokenStream,
    arguments: Vec<Argument>,
    start: Ident,
    run: Ident,
    value: Ident,
}

impl<'a> Expansion<'a> {
    fn new(keys: &'a Keys, function: &'a Function) -> Result<Self, Error> {
        let arguments = signature::arguments(&function.signature);
        check(keys, function, &arguments)?;
        let private = match keys.krate.get() {
            Some(path) => quote!(#path::__private),
            None => quote!(::xpander_report::__private),
        };
        Ok(Self {
            keys,
            function,
            private,
            arguments,
            start: local("start"),
            run: local("run"),
            value: local("value"),
        })
    }

    fn expand(&self) -> TokenStream {
        let Function {
            attributes,
            visibility,
            signature,
            body,
        } = self.function;
        let inner_attributes = &body.attributes;
        let start = self.start();
        let rest = match signature::kind(signature) {
            Kind::Async => self.async_body(),
            Kind::Sync => self.sync_body(),
            Kind::Future { output, boxed } => self.future_body(&output, boxed),
        };
        quote! {
            #(#attributes)*
            #visibility #signature {
                #inner_attributes
                #start
                #rest
            }
        }
    }

    // Output:
    //
    //     let mut __start = Start::new(module_path!(), "summarise");
    //     if __start.is_on() {
    //         __start.argument(capture!(text));
    //         __start.id(|| format!("order-{}", order.id));
    //     }
    //     let mut __run = __start.begin();
    fn start(&self) -> TokenStream {
        let Self {
            private,
            start,
            run,
            ..
        } = self;
        let name = match self.keys.name.get() {
            Some(name) => name.value(),
            None => self.function.signature.ident.unraw().to_string(),
        };
        let new = match self.keys.reporter.get() {
            Some(reporter) => {
                quote!(#private::Start::with(::core::module_path!(), #name, &(#reporter)))
            }
            None => quote!(#private::Start::new(::core::module_path!(), #name)),
        };
        let input = self.input();
        let agent_id = self
            .keys
            .agent_id
            .get()
            .map(|value| quote!(#start.agent_id(|| #value);));
        let id = self
            .keys
            .id
            .get()
            .map(|value| quote!(#start.id(|| #value);));
        let sample = self.keys.sample.get().map(|rate| {
            let keep_failures = self.keys.keep_failures.get().is_some();
            quote!(#start.sample(|| #rate, #keep_failures);)
        });
        let max_bytes = self
            .keys
            .max_bytes
            .get()
            .map(|value| quote!(#start.max_bytes(|| #value);));
        let captures = quote!(#max_bytes #input #agent_id #id);
        if captures.is_empty() && sample.is_none() {
            return quote!(let mut #run = #new.begin(););
        }
        quote! {
            let mut #start = #new;
            #sample
            #[allow(clippy::used_underscore_binding)]
            if #start.is_on() {
                #captures
            }
            let mut #run = #start.begin();
        }
    }

    fn input(&self) -> Option<TokenStream> {
        let Self { private, start, .. } = self;
        let allowed: Option<&[Ident]> = match self.keys.input.get() {
            Some(Input::Value(value)) => {
                return Some(quote!(#start.input(#private::capture!(#value));));
            }
            Some(Input::Only(names)) => Some(names),
            None => None,
        };
        if self.keys.skip_all.get().is_some() {
            return None;
        }
        let skipped = self.keys.skip.get().map_or(&[][..], Vec::as_slice);
        let captured: Vec<&Argument> = self
            .arguments
            .iter()
            .filter(|argument| match allowed {
                Some(allowed) => names(allowed, argument),
                None => argument.name != "self" && !names(skipped, argument),
            })
            .collect();
        match captured.as_slice() {
            [] => None,
            [only] if only.conditions.is_empty() => {
                let name = &only.name;
                Some(quote!(#start.argument(#private::capture!(#name));))
            }
            several => {
                let several = several.iter().map(|argument| {
                    let Argument { name, conditions } = argument;
                    let label = argument.label();
                    quote!(#(#conditions)* (#label, #private::capture!(#name)))
                });
                Some(quote!(#start.arguments([#(#several),*]);))
            }
        }
    }

    // Output:
    //
    //     let __value: Result<String, Error> = __run
    //         .follow(async move {
    //             let _ = (&b, &a);
    //             if let Some(__never) = None::<Result<String, Error>> {
    //                 return __never;
    //             }
    //             { body }
    //         })
    //         .await;
    fn async_body(&self) -> TokenStream {
        let Self { run, .. } = self;
        let block = &self.function.body.block;
        let order = self.drop_order();
        let annotation = signature::annotation(&self.function.signature.output);
        let edge = annotation.as_ref().map(|ty| {
            let never = local("never");
            quote! {
                #[allow(clippy::diverging_sub_expression, unreachable_code)]
                if let ::core::option::Option::Some(#never) = ::core::option::Option::None::<#ty> {
                    return #never;
                }
            }
        });
        let body = quote!(#run.follow(async move { #order #edge #block }).await);
        self.outcome(&body, annotation.as_ref())
    }

    // Output:
    //
    //     let __value: Result<String, Error> = __run.call(move || -> Result<String, Error> {
    //         let _ = (&b, &a);
    //         { body }
    //     });
    fn sync_body(&self) -> TokenStream {
        let Self { run, .. } = self;
        let block = &self.function.body.block;
        let order = self.drop_order();
        let annotation = signature::annotation(&self.function.signature.output);
        let output = annotation.clone().unwrap_or_else(|| parse_quote!(!));
        let body = quote!(#run.call(move || -> #output { #order #block }));
        self.outcome(&body, annotation.as_ref())
    }

    // Output:
    //
    //     let __future = (move || -> Pin<Box<dyn Future<Output = u8>>> { body })();
    //     Box::pin(async move {
    //         let __value: u8 = __run.follow(__future).await;
    //         …
    //     })
    fn future_body(&self, output: &Type, boxed: bool) -> TokenStream {
        let Self { run, .. } = self;
        let block = &self.function.body.block;
        let order = self.drop_order();
        let future = local("future");
        let returned = signature::annotation(&self.function.signature.output);
        let body = quote!(#run.follow(#future).await);
        let outcome = self.outcome(&body, signature::nameable(output).as_ref());
        let reported = quote!(async move { #outcome });
        let reported = if boxed {
            quote!(::std::boxed::Box::pin(#reported))
        } else {
            reported
        };
        quote! {
            #[allow(clippy::redundant_closure_call)]
            let #future = (move || -> #returned { #order #block })();
            #reported
        }
    }

    /// Makes the body take its arguments in the order that drops them as the function would.
    fn drop_order(&self) -> Option<TokenStream> {
        if self.arguments.is_empty() {
            return None;
        }
        let references = self.arguments.iter().rev().map(|argument| {
            let Argument { name, conditions } = argument;
            quote!(#(#conditions)* &#name)
        });
        Some(quote! {
            #[allow(clippy::used_underscore_binding)]
            let _ = (#(#references,)*);
        })
    }

    // Output:
    //
    //     let __value: Result<String, Error> = …;
    //     if let Some(mut __end) = __run.end() {
    //         use kinds::*;
    //         match (&&Probe(&__value)).kind().split(&__value) {
    //             Ok(__ok) => __end.succeeded(capture!(*__ok)),
    //             Err(__error) => __end.failed(reason!(__error), type_name(__error)),
    //         }
    //         __end.report();
    //     }
    //     __value
    fn outcome(&self, body: &TokenStream, annotation: Option<&Type>) -> TokenStream {
        let Self {
            private,
            run,
            value,
            keys,
            ..
        } = self;
        // What never returns has no outcome but a panic.
        let Some(annotation) = annotation else {
            return body.clone();
        };
        let (end, ok, error) = (local("end"), local("ok"), local("error"));
        let extract = |from: &Ident, extractor: &Expr| quote!(#private::extract(#from, #extractor));
        let result = match keys.result.get() {
            Some(result) => {
                let extracted = extract(&ok, result);
                quote! {
                    #end.succeeded(::core::option::Option::None);
                    #end.result(#private::capture!(#extracted));
                }
            }
            None => quote!(#end.succeeded(#private::capture!(*#ok));),
        };
        let others = [
            ("llm_response", keys.llm_response.get()),
            ("tokens", keys.tokens.get()),
            ("used_tools", keys.used_tools.get()),
            ("is_success", keys.is_success.get()),
        ];
        let others = others.into_iter().filter_map(|(name, extractor)| {
            let name = Ident::new(name, Span::call_site());
            let extracted = extract(&ok, extractor?);
            Some(quote!(#end.#name(|| #extracted);))
        });
        let failure = match keys.error.get() {
            Some(reason) => {
                let extracted = extract(&error, reason);
                quote! {
                    #end.failed(::core::option::Option::None, #private::type_name(#error));
                    #end.result(#private::capture!(#extracted));
                }
            }
            None => quote!(#end.failed(#private::reason!(#error), #private::type_name(#error));),
        };
        quote! {
            #[allow(clippy::let_unit_value)]
            let #value: #annotation = #body;
            if let ::core::option::Option::Some(mut #end) = #run.end() {
                #[allow(unused_imports)]
                use #private::kinds::*;
                match (&&#private::Probe(&#value)).kind().split(&#value) {
                    ::core::result::Result::Ok(#ok) => { #result #(#others)* }
                    ::core::result::Result::Err(#error) => { #failure }
                }
                #end.report();
            }
            #value
        }
    }
}

fn check(keys: &Keys, function: &Function, arguments: &[Argument]) -> Result<(), Error> {
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
        if !arguments.iter().any(|argument| is(name, argument)) {
            errors.push(Error::new(
                name.span(),
                format!("`{name}` is no argument of this function. Name one that is."),
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

fn names(names: &[Ident], argument: &Argument) -> bool {
    names.iter().any(|name| is(name, argument))
}

fn is(name: &Ident, argument: &Argument) -> bool {
    *name == argument.label()
}
