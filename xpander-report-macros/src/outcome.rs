//! The part of the expansion that examines the function's value.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, Type};

use crate::check;
use crate::expand::{Expansion, at};
use crate::flow::{Shown, spells_a_future};
use crate::signature::{local, nameable};

/// How many nested `Result`s are unwrapped.
const RESULTS: usize = 3;

/// A value to examine: the function's own, or the output of a returned future.
struct ExaminedValue<'a> {
    /// Where its type is written.
    at: Span,
    /// The stream, iterator or future that its type names.
    shown: Option<&'a Shown<'a>>,
    /// A future inside the value is an ordinary value.
    is_async: bool,
}

impl Expansion<'_> {
    // Output:
    //
    //     let __value: Result<String, Error> = …;
    //     {
    //         use kinds::called::*;
    //         let __kind = (&&Probe(&__value)).flow_kind();
    //         __kind.finish(
    //             __run,
    //             __value,
    //             |__value, __outcome| match (&&Probe(__value)).result_layer() {
    //                 Layer::Value(__ok) => __outcome.value(&(&&Probe(__ok)).capture_rung()),
    //                 Layer::Error(__error) => __outcome.error(&(&&Probe(__error)).error_rung()),
    //                 Layer::Nothing => {}
    //             },
    //             |__error, __outcome| __outcome.error(&(&&Probe(__error)).error_rung()),
    //         )
    //     }
    pub(crate) fn finish(&self, called: &TokenStream, annotation: Option<&Type>) -> TokenStream {
        let Self { private, value, .. } = self;
        // A function that never returns can only panic.
        let Some(annotation) = annotation else {
            return called.clone();
        };
        let examined = self.examined(annotation);
        let end = match self.is_a_future() {
            true => self.end_with_future(&examined),
            false => self.end(&examined),
        };
        quote! {
            #[allow(clippy::let_unit_value)]
            let #value: #annotation = #called;
            #[allow(unused_imports)]
            use #private::rungs::*;
            #end
        }
    }

    /// What the function itself gives.
    fn examined<'a>(&'a self, ty: &'a Type) -> ExaminedValue<'a> {
        ExaminedValue {
            at: at(ty),
            shown: self.shown.as_ref(),
            is_async: self.function.signature.asyncness.is_some(),
        }
    }

    // Output:
    //
    //     __kind.finish_future(
    //         __run,
    //         __value,
    //         |__run, __value: Result<String, Error>| …,
    //         |__error, __outcome| …,
    //     )
    fn end_with_future(&self, examined: &ExaminedValue<'_>) -> TokenStream {
        let Self { run, value, .. } = self;
        let output = examined.shown.and_then(Shown::piece_type);
        let shown = output.and_then(Shown::of_type);
        let inner = ExaminedValue {
            at: output.map_or(examined.at, at),
            shown: shown.as_ref().filter(|shown| self.follows(shown)),
            is_async: true,
        };
        let end = match inner.shown.is_some_and(Shown::is_future) {
            true => self.end_with_future(&inner),
            false => self.end(&inner),
        };
        let ty = output.and_then(nameable).map(|ty| quote!(: #ty));
        let mutability = self.keys.looks_at_value().then(|| quote!(mut));
        let error = self.error_around(examined.at, false);
        let finish = quote_spanned! {examined.at=>
            finish_future(#run, #value, move |#mutability #run, #value #ty| { #end }, #error)
        };
        let kinds = match self.keys.result.get() {
            Some(_) => quote!(future_with_result),
            None => quote!(future),
        };
        self.by_kind(examined, &kinds, &finish)
    }

    fn end(&self, examined: &ExaminedValue<'_>) -> TokenStream {
        let Self { run, value, .. } = self;
        let keys = self.keys_at_once();
        let errors = self.errors(examined);
        let look = self.look(examined);
        let error = self.error_around(examined.at, true);
        let finish = quote_spanned!(examined.at=> finish(#run, #value, #look, #error));
        let end = self.by_kind(examined, &self.kinds(examined), &finish);
        quote!(#keys #errors #end)
    }

    /// The traits that decide how the run goes on.
    fn kinds(&self, examined: &ExaminedValue<'_>) -> TokenStream {
        let has_keys = self.keys.looks_at_value();
        match (self.keys.result.get(), has_keys, examined.is_async) {
            (Some(_), ..) if self.is_only_a_call => quote!(value),
            (Some(_), ..) => quote!(with_result),
            (None, true, true) => quote!(awaited_with_keys),
            (None, true, false) => quote!(called_with_keys),
            (None, false, true) => quote!(awaited),
            (None, false, false) => quote!(called),
        }
    }

    fn by_kind(
        &self,
        examined: &ExaminedValue<'_>,
        kinds: &TokenStream,
        finish: &TokenStream,
    ) -> TokenStream {
        let Self { private, value, .. } = self;
        let kind = local("kind");
        let kinds = match (examined.shown, self.keys.result.get()) {
            (Some(_), None) => quote!(shown),
            (Some(_), Some(_)) => quote!(shown_with_result),
            (None, _) => kinds.clone(),
        };
        let name = match examined.shown {
            Some(shown) => {
                let mark = shown.mark(private);
                quote_spanned! {examined.at=>
                    (&&&#private::ShownProbe(&#value, ::core::marker::PhantomData::<#mark>)).shown_kind()
                }
            }
            None => quote!((&&&&&&&&&&&&#private::Probe(&#value)).flow_kind()),
        };
        let check = self.check_is_only_one(examined);
        quote! {
            #check
            let #kind = {
                #[allow(unused_imports)]
                use #private::kinds::#kinds::*;
                #name
            };
            #[allow(clippy::implicit_return)]
            #kind.#finish
        }
    }

    /// Checks that a tuple with a visible stream or future has no second one.
    fn check_is_only_one(&self, examined: &ExaminedValue<'_>) -> Option<TokenStream> {
        let Self { private, value, .. } = self;
        let is_needed = examined.shown?.is_in_a_tuple() && self.keys.result.get().is_none();
        let kinds = match examined.is_async {
            true => quote!(several_awaited),
            false => quote!(several),
        };
        let check = quote_spanned!(examined.at=> check(&#value));
        is_needed.then(|| {
            quote! {{
                #[allow(unused_imports)]
                use #private::kinds::#kinds::*;
                (&&&&&&&&&&&&#private::Probe(&#value)).flow_kind().#check;
            }}
        })
    }

    fn is_a_future(&self) -> bool {
        let output = &self.function.signature.output;
        let spells_one = self.function.signature.asyncness.is_none()
            && !self.is_only_a_call
            && spells_a_future(output);
        spells_one || self.shown.as_ref().is_some_and(Shown::is_future)
    }

    /// Applies the keys to the function's own value, even if it is a stream.
    fn keys_at_once(&self) -> Option<TokenStream> {
        let Self {
            private,
            run,
            value,
            ..
        } = self;
        let (outcome, ok) = (local("outcome"), local("ok"));
        let keys = self.outcome_keys(&outcome, &ok)?;
        Some(quote! {
            (&mut #run).apply_keys(&mut |#outcome| {
                if let #private::Layer::Value(#ok) = (&&#private::Probe(&#value)).result_layer() {
                    #keys
                }
            });
        })
    }

    /// Which errors the key `error` is about.
    fn errors(&self, examined: &ExaminedValue<'_>) -> Option<TokenStream> {
        let Self { private, value, .. } = self;
        let key = self.keys.error.get()?;
        let errors = local("errors");
        let mark = examined
            .shown
            .map_or(quote!(((), ())), |shown| shown.mark(private));
        let named = quote_spanned! {at(key)=>
            (&&&&#private::ShownProbe(&#value, ::core::marker::PhantomData::<#mark>)).key_errors()
        };
        Some(quote! {
            let #errors = {
                #[allow(unused_imports)]
                use #private::errors::*;
                #named
            };
        })
    }

    /// Looks at the value, or at an item of the stream.
    fn look(&self, examined: &ExaminedValue<'_>) -> TokenStream {
        let (value, outcome) = (local("value"), local("outcome"));
        let piece = match self.keys.result.get() {
            Some(_) => None,
            None => examined.shown.and_then(Shown::piece),
        };
        let piece = piece.map(|piece| quote!(: &#piece));
        let layers = self.layers(examined.at, &value, &outcome, 0);
        let moves = self.moves();
        quote!(#moves |#value #piece, #outcome| #layers)
    }

    fn layers(&self, at: Span, value: &Ident, outcome: &Ident, depth: usize) -> TokenStream {
        let private = &self.private;
        if depth == RESULTS {
            return match self.keys.result.get() {
                Some(_) => {
                    let kind = local("kind");
                    let rung = self.rung(at, &quote!((&#kind).item(#value)));
                    quote!(#outcome.item(#rung))
                }
                None => {
                    let rung = self.rung(at, &quote!(#value));
                    quote!(#outcome.value(#rung))
                }
            };
        }
        let (inner, error) = (local("inner"), local("error"));
        let failed = self.failed(at, outcome, &error, depth == 0);
        let next = self.layers(at, &inner, outcome, depth + 1);
        quote! {
            match (&&#private::Probe(#value)).result_layer() {
                #private::Layer::Value(#inner) => #next,
                #private::Layer::Error(#error) => #failed,
                #private::Layer::Nothing => {}
            }
        }
    }

    /// Captures the error that was returned instead of a stream or a future.
    fn error_around(&self, at: Span, is_told: bool) -> TokenStream {
        let (error, outcome) = (local("error"), local("outcome"));
        let failed = self.failed(at, &outcome, &error, is_told);
        let moves = self.moves();
        quote!(#moves |#error, #outcome| #failed)
    }

    /// A closure that runs later needs its own copies of the variables that its keys use.
    fn moves(&self) -> Option<TokenStream> {
        self.keys.looks_at_value().then(|| quote!(move))
    }

    fn failed(&self, at: Span, outcome: &Ident, error: &Ident, is_told: bool) -> TokenStream {
        let private = &self.private;
        let reason = |error: &TokenStream| {
            let private = self.private_at(at);
            quote_spanned!(at=> &(&&&&&&#private::Probe(#error)).error_rung())
        };
        match self.keys.error.get() {
            None => {
                let reason = reason(&quote!(#error));
                quote!(#outcome.error(#reason))
            }
            // The key does not convert this error. The user may have set it to hide such errors, so only the type's
            // name is captured.
            Some(_) if !is_told => quote!(#outcome.error_by_name(#error)),
            Some(key) => {
                let errors = local("errors");
                let extracted = self.extract(error, key);
                let taken = self.taken(&extracted);
                let probe = quote!((&&#private::ErrorProbe(#error, #errors)));
                let reason = reason(&quote!(#probe.shown()));
                quote! {{
                    #[allow(unused_imports)]
                    use #private::errors::*;
                    #probe.capture_error(#outcome, #reason, |#error, #taken)
                }}
            }
        }
    }

    /// What the keys take from a value of success.
    fn outcome_keys(&self, outcome: &Ident, ok: &Ident) -> Option<TokenStream> {
        let keys = self.keys;
        let end = local("end");
        let result = keys.result.get().map(|result| {
            let extracted = self.extract(ok, result);
            let taken = self.taken(&extracted);
            quote!(#end.result(&mut |#taken);)
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
            Some(quote_spanned!(at(extractor)=> #end.#name(|| #extracted);))
        });
        let keys = quote!(#result #(#others)*);
        (!keys.is_empty()).then(|| {
            quote! {
                if let ::core::option::Option::Some(#end) = #outcome.end() {
                    #keys
                }
            }
        })
    }

    /// The rest of a closure that captures a value: `outcome| …`.
    pub(crate) fn taken(&self, value: &TokenStream) -> TokenStream {
        let (outcome, taken) = (local("taker"), local("taken"));
        let rung = self.rung(at(value), &quote!(#taken));
        quote!(#outcome| match &#value { #taken => #outcome.value(#rung) })
    }

    /// What a reference points to, on the rung of its type.
    pub(crate) fn rung(&self, at: Span, reference: &TokenStream) -> TokenStream {
        rung(&self.private_at(at), at, reference)
    }

    fn extract(&self, from: &Ident, extractor: &Expr) -> TokenStream {
        self.extract_with("extract", from, extractor)
    }

    fn extract_with(&self, name: &str, from: &Ident, extractor: &Expr) -> TokenStream {
        let at = at(extractor);
        let private = self.private_at(at);
        let name = match may_be_a_closure(extractor) {
            true => name,
            false => "extract_by",
        };
        let name = Ident::new(name, at);
        quote_spanned!(at=> #private::#name(#from, #extractor))
    }
}

/// Whether the compiler must be told what the expression takes.
fn may_be_a_closure(extractor: &Expr) -> bool {
    if let Expr::Block(block) = extractor {
        return check::last(block).is_some_and(may_be_a_closure);
    }
    !matches!(
        extractor,
        Expr::Binary(_)
            | Expr::Call(_)
            | Expr::Field(_)
            | Expr::MethodCall(_)
            | Expr::Path(_)
            | Expr::Reference(_)
            | Expr::Struct(_)
            | Expr::Unary(_)
    )
}

/// What a reference points to, on the rung of its type. What the compiler says of that type is said at `at`.
pub(crate) fn rung(private: &TokenStream, at: Span, reference: &TokenStream) -> TokenStream {
    quote_spanned!(at=> &(&&&&&&&&&#private::Probe(#reference)).capture_rung())
}
