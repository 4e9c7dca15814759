//! What of the expansion looks at the function's value.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, Type};

use crate::expand::{Expansion, at};
use crate::flow::{self, Flow, Source};
use crate::signature::{self, Kind, local};

impl Expansion<'_> {
    // Output:
    //
    //     let __value: Result<String, Error> = …;
    //     if let Some(mut __end) = (&mut __run).end() {
    //         use kinds::*;
    //         match (&&&Probe(&__value)).outcome_kind().split(&__value) {
    //             Ok(__ok) => (&mut __end).succeeded(|__content| capture!(*__ok, __content)),
    //             Err(__error) => (&mut __end).failed(|| reason!(__error), type_name(__error)),
    //         }
    //         __end.report();
    //     }
    //     __value
    pub(crate) fn outcome(&self, body: &TokenStream, annotation: Option<&Type>) -> TokenStream {
        let Self {
            private,
            run,
            value,
            ..
        } = self;
        // What never returns has no outcome but a panic.
        let Some(annotation) = annotation else {
            return body.clone();
        };
        if let Some(flow) = self.flow() {
            return self.flow_outcome(body, annotation, &flow);
        }
        let kinds = match signature::kind(&self.function.signature) {
            Kind::Sync => quote!(sync_kinds),
            Kind::Async | Kind::Future { .. } => quote!(kinds),
        };
        let (end, ok, error, content) =
            (local("end"), local("ok"), local("error"), local("content"));
        let succeeded = match self.keys.result.get() {
            Some(_) => quote!((&mut #end).succeeded(|_| ::core::option::Option::None);),
            None => {
                quote!((&mut #end).succeeded(|#content| #private::capture!(*#ok, #content));)
            }
        };
        let keys = self.outcome_keys(&end, &ok);
        let failed = self.failed(&end, &error);
        let split = quote_spanned!(at(annotation)=> split(&#value));
        quote! {
            #[allow(clippy::let_unit_value)]
            let #value: #annotation = #body;
            if let ::core::option::Option::Some(mut #end) = (&mut #run).end() {
                #[allow(unused_imports)]
                use #private::#kinds::*;
                match (&&&#private::Probe(&#value)).outcome_kind().#split {
                    ::core::result::Result::Ok(#ok) => { #succeeded #keys }
                    ::core::result::Result::Err(#error) => { #failed }
                }
                #end.report();
            }
            #[allow(clippy::implicit_return)]
            #value
        }
    }

    fn flow(&self) -> Option<Flow> {
        let signature = &self.function.signature;
        match signature::kind(signature) {
            Kind::Future { output, .. } => flow::of_type(&output),
            Kind::Async | Kind::Sync => flow::of(&signature.output),
        }
    }

    // Output:
    //
    //     let __value: Result<_, Error> = …;
    //     match __value {
    //         Ok(__ok) => {
    //             keys(&mut __run, &__ok, |mut __end, __ok| { … });
    //             Ok(stream(__run, __ok, |__item, __content| …))
    //         }
    //         Err(__error) => {
    //             if let Some(mut __end) = (&mut __run).end_now() {
    //                 (&mut __end).failed(|| reason!(&__error), type_name(&__error));
    //                 __end.report();
    //             }
    //             Err(__error)
    //         }
    //     }
    fn flow_outcome(&self, body: &TokenStream, annotation: &Type, flow: &Flow) -> TokenStream {
        let Self {
            private,
            run,
            value,
            ..
        } = self;
        let (end, ok, error) = (local("end"), local("ok"), local("error"));
        let keys = self.outcome_keys(&end, &ok);
        let keys = (!keys.is_empty())
            .then(|| quote!(#private::keys(&mut #run, &#ok, |mut #end, #ok| { #keys });));
        let followed = self.followed(flow, &ok);
        if !flow.in_result {
            return quote! {
                let #ok: #annotation = #body;
                #keys
                #followed
            };
        }
        let failed = self.failed(&end, &error);
        quote! {
            let #value: #annotation = #body;
            match #value {
                ::core::result::Result::Ok(#ok) => {
                    #keys
                    ::core::result::Result::Ok(#followed)
                }
                ::core::result::Result::Err(#value) => {
                    if let ::core::option::Option::Some(mut #end) = (&mut #run).end_now() {
                        let #error = &#value;
                        #failed
                        #end.report();
                    }
                    ::core::result::Result::Err(#value)
                }
            }
        }
    }

    /// The stream or iterator, which the run goes along with.
    fn followed(&self, flow: &Flow, ok: &Ident) -> TokenStream {
        let Self { private, run, .. } = self;
        let (item, error, content) = (local("item"), local("error"), local("content"));
        let reason = match self.keys.error.get().filter(|_| !flow.in_result) {
            Some(reason) => {
                let extracted = self.extract(&error, reason);
                quote!(#private::shown(#private::capture!(#extracted)))
            }
            None => quote!(#private::reason!(#error)),
        };
        let ty = match &flow.source {
            Source::Stream(ty) | Source::Iterator(ty) => ty.as_ref(),
            Source::Boxed => None,
        };
        let ty = ty.map(|ty| quote!(: &#ty));
        let capture_item = quote! {
            |#item #ty, #content| {
                #[allow(unused_imports)]
                use #private::kinds::*;
                match (&&&#private::Probe(#item)).outcome_kind().split(#item) {
                    ::core::result::Result::Ok(#item) => {
                        #private::Item::Value(#private::capture!(*#item, #content))
                    }
                    ::core::result::Result::Err(#error) => {
                        #private::Item::Error(#reason, #private::type_name(#error))
                    }
                }
            }
        };
        match flow.source {
            Source::Stream(_) => quote!(#private::stream(#run, #ok, #capture_item)),
            Source::Iterator(_) => quote!(#private::iterator(#run, #ok, #capture_item)),
            Source::Boxed => quote!({
                #[allow(unused_imports)]
                use #private::stream_kinds::*;
                (&&&#private::Probe(&#ok)).stream_kind().follow(
                    #run,
                    #ok,
                    #capture_item,
                    |#ok, #content| #private::capture!(*#ok, #content),
                )
            }),
        }
    }

    /// What the keys take from a value of success.
    fn outcome_keys(&self, end: &Ident, ok: &Ident) -> TokenStream {
        let Self { private, keys, .. } = self;
        let result = keys.result.get().map(|result| {
            let extracted = self.extract(ok, result);
            quote!((&mut #end).result(|| #private::capture!(#extracted));)
        });
        let others = [
            ("llm_response", keys.llm_response.get()),
            ("tokens", keys.tokens.get()),
            ("used_tools", keys.used_tools.get()),
            ("is_success", keys.is_success.get()),
        ];
        let others = others.into_iter().filter_map(|(name, extractor)| {
            let extractor = extractor?;
            let extracted = match name {
                "is_success" => self.extract_with("extract_bool", ok, extractor),
                _ => self.extract(ok, extractor),
            };
            let name = Ident::new(name, at(extractor));
            Some(quote_spanned!(at(extractor)=> (&mut #end).#name(|| #extracted);))
        });
        quote!(#result #(#others)*)
    }

    fn failed(&self, end: &Ident, error: &Ident) -> TokenStream {
        let Self { private, keys, .. } = self;
        match keys.error.get() {
            Some(reason) => {
                let extracted = self.extract(error, reason);
                quote! {
                    (&mut #end).failed(|| ::core::option::Option::None, #private::type_name(#error));
                    (&mut #end).result(|| #private::capture!(#extracted));
                }
            }
            None => {
                quote!((&mut #end).failed(|| #private::reason!(#error), #private::type_name(#error));)
            }
        }
    }

    fn extract(&self, from: &Ident, extractor: &Expr) -> TokenStream {
        self.extract_with("extract", from, extractor)
    }

    fn extract_with(&self, name: &str, from: &Ident, extractor: &Expr) -> TokenStream {
        let at = at(extractor);
        let private = self.private_at(at);
        let name = Ident::new(name, at);
        quote_spanned!(at=> #private::#name(#from, #extractor))
    }
}
