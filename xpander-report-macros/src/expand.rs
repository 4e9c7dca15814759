use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Type, parse_quote};

use crate::check::check;
use crate::function::Function;
use crate::keys::{Input, Key, Keys};
use crate::signature::{self, Argument, Kind, Wrapping, local};

/// The instrumented function; beside an error, the function as it was, so that nothing else breaks.
///
/// What it calls is called on explicit references: so a method that a trait of the user's gives to
/// all types never goes first.
pub(crate) fn expand(keys: TokenStream, item: TokenStream) -> TokenStream {
    let keys = syn::parse2::<Keys>(keys);
    let function = Function::read("external_task", item.clone());
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

pub(crate) struct Expansion<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) function: &'a Function,
    /// The path of what the expansion calls.
    pub(crate) private: TokenStream,
    arguments: Vec<Argument>,
    body: TokenStream,
    start: Ident,
    pub(crate) run: Ident,
    pub(crate) value: Ident,
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
            body: function.body.labelled("'__body"),
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
        let read = self.read();
        let order = self.drop_order(&read);
        let content = match signature::kind(signature) {
            Kind::Async => self.async_body(&start, order, &read),
            Kind::Sync => self.sync_body(&start, order),
            Kind::Future { output, wrapping } => self.future_body(&start, order, &output, wrapping),
        };
        let content = quote!(#inner_attributes #content);
        let mut block = Group::new(Delimiter::Brace, content);
        // The function stays the user's: the compiler says nothing of an unused one that a macro made.
        block.set_span(body.block.span());
        quote!(#(#attributes)* #visibility #signature #block)
    }

    // Output, an expression:
    //
    //     {
    //         let mut __start = Start::new(module_path!(), "summarise");
    //         if (&__start).is_on() {
    //             (&mut __start).argument(capture!(text));
    //             (&mut __start).id(|| format!("order-{}", order.id));
    //         }
    //         __start.begin()
    //     }
    fn start(&self) -> TokenStream {
        let Self { private, start, .. } = self;
        let name = match self.keys.name.get() {
            Some(name) => name.value(),
            None => self.function.signature.ident.unraw().to_string(),
        };
        let new = match self.keys.reporter.get() {
            Some(reporter) => {
                let at = at(reporter);
                let private = self.private_at(at);
                quote_spanned! {at=>
                    #private::Start::with(
                        ::core::module_path!(),
                        #name,
                        || #private::reporter(&(#reporter)),
                    )
                }
            }
            None => quote!(#private::Start::new(::core::module_path!(), #name)),
        };
        let input = self.input();
        let agent_id = self
            .keys
            .agent_id
            .get()
            .map(|value| quote_spanned!(at(value)=> (&mut #start).agent_id(|| #value);));
        let id = self
            .keys
            .id
            .get()
            .map(|value| quote_spanned!(at(value)=> (&mut #start).id(|| #value);));
        let sample = self.keys.sample.get().map(|rate| {
            let keep_failures = self.keys.keep_failures.get().is_some();
            quote_spanned!(at(rate)=> (&mut #start).sample(|| #rate, #keep_failures);)
        });
        let max_bytes = self
            .keys
            .max_bytes
            .get()
            .map(|value| quote_spanned!(at(value)=> (&mut #start).max_bytes(|| #value);));
        let captures = quote!(#max_bytes #input #agent_id #id);
        if captures.is_empty() && sample.is_none() {
            return quote!(#new.begin());
        }
        quote!({
            let mut #start = #new;
            #sample
            #[allow(clippy::used_underscore_binding)]
            if (&#start).is_on() {
                #captures
            }
            #start.begin()
        })
    }

    /// Where the body stands, so that what the compiler says of what takes its place is said there.
    fn at_body(&self) -> Span {
        Span::call_site().located_at(self.function.body.block.span())
    }

    pub(crate) fn private_at(&self, at: Span) -> TokenStream {
        let tokens = self.private.clone().into_iter();
        tokens
            .map(|mut token| {
                token.set_span(token.span().located_at(at));
                token
            })
            .collect()
    }

    fn input(&self) -> Option<TokenStream> {
        let Self { private, start, .. } = self;
        if let Some(Input::Value(value)) = self.keys.input.get() {
            return Some(quote!((&mut #start).input(|| #private::capture!(#value));));
        }
        let captured = self.captured();
        match captured.as_slice() {
            [] => None,
            [only] if only.conditions.is_empty() => {
                let name = &only.name;
                Some(quote!((&mut #start).argument(|| #private::capture!(#name));))
            }
            several => {
                let several = several.iter().map(|argument| {
                    let Argument {
                        name, conditions, ..
                    } = argument;
                    let label = argument.label();
                    quote!(#(#conditions)* (#label, #private::capture!(#name)))
                });
                Some(quote!((&mut #start).arguments(|| [#(#several),*]);))
            }
        }
    }

    fn captured(&self) -> Vec<&Argument> {
        let Keys {
            input,
            skip,
            skip_all,
            ..
        } = self.keys;
        let skipped = skip.get().map_or(&[][..], Vec::as_slice);
        let is_captured = |argument: &&Argument| match input.get() {
            Some(Input::Value(_)) => false,
            Some(Input::Only(allowed)) => names(allowed, argument),
            None => {
                skip_all.get().is_none() && argument.name != "self" && !names(skipped, argument)
            }
        };
        self.arguments.iter().filter(is_captured).collect()
    }

    /// What is read before the body begins: captured arguments and the user's expressions.
    fn read(&self) -> TokenStream {
        let Keys {
            reporter,
            input,
            agent_id,
            id,
            sample,
            max_bytes,
            ..
        } = self.keys;
        let captured = self.captured().into_iter().map(|argument| &argument.name);
        let input = match input.get() {
            Some(Input::Value(value)) => Some(value),
            _ => None,
        };
        let others = [reporter, agent_id, id, sample, max_bytes];
        let others = others.into_iter().filter_map(Key::get);
        quote!(#(#captured)* #input #(#others)*)
    }

    // Output:
    //
    //     let mut __run;
    //     let __body = {
    //         let a = a;
    //         __run = { start };
    //         async move {
    //             let _ = (&b, &a);
    //             if let Some(__never) = None::<Result<String, Error>> {
    //                 return __never;
    //             }
    //             '__body: { … }
    //         }
    //     };
    //     let __value: Result<String, Error> = (&mut __run).follow(__body).await;
    fn async_body(
        &self,
        start: &TokenStream,
        order: Option<TokenStream>,
        read: &TokenStream,
    ) -> TokenStream {
        let Self { body, run, .. } = self;
        let annotation = signature::annotation(&self.function.signature.output);
        let edge = annotation.as_ref().map(|ty| {
            let mut never = local("never");
            never.set_span(never.span().located_at(ty.span()));
            quote_spanned! {at(ty)=>
                #[allow(clippy::diverging_sub_expression, unreachable_code)]
                if let ::core::option::Option::Some(#never) = ::core::option::Option::None::<#ty> {
                    return #never;
                }
            }
        });
        let rebound = self.rebound(read);
        let body = quote_spanned!(self.at_body()=> async move { #order #edge #body });
        let future = local("body");
        let called = quote!((&mut #run).follow(#future).await);
        let outcome = self.outcome(&called, annotation.as_ref());
        quote! {
            let mut #run;
            #[allow(clippy::async_yields_async)]
            let #future = {
                #rebound
                #run = #start;
                #body
            };
            #outcome
        }
    }

    // Output:
    //
    //     let mut __run = { start };
    //     let __value: Result<String, Error> = (&mut __run).call(move || -> Result<String, Error> {
    //         let _ = (&b, &a);
    //         '__body: { … }
    //     });
    fn sync_body(&self, start: &TokenStream, order: Option<TokenStream>) -> TokenStream {
        let Self { body, run, .. } = self;
        let annotation = signature::annotation(&self.function.signature.output);
        let output = annotation.clone().unwrap_or_else(|| parse_quote!(!));
        let body = quote_spanned!(self.at_body()=> move || -> #output { #order #body });
        let called = quote!((&mut #run).call(#body));
        let outcome = self.outcome(&called, annotation.as_ref());
        quote! {
            let mut #run = #start;
            #outcome
        }
    }

    // Output:
    //
    //     let mut __run = { start };
    //     let __future = (&mut __run).inside(move || -> Pin<Box<dyn Future<Output = u8>>> {
    //         let _ = (&b, &a);
    //         '__body: { … }
    //     });
    //     Box::pin(async move {
    //         let __value: u8 = (&mut __run).follow(__future).await;
    //         …
    //     })
    fn future_body(
        &self,
        start: &TokenStream,
        order: Option<TokenStream>,
        output: &Type,
        wrapping: Wrapping,
    ) -> TokenStream {
        let Self { body, run, .. } = self;
        let future = local("future");
        let returned = signature::annotation(&self.function.signature.output);
        let future_body = match wrapping {
            Wrapping::None | Wrapping::Pinned => quote!(#future),
            Wrapping::Boxed => quote!(::std::boxed::Box::into_pin(#future)),
        };
        let called = quote!((&mut #run).follow(#future_body).await);
        let outcome = self.outcome(&called, signature::nameable(output).as_ref());
        let reported = quote!(async move { #outcome });
        let reported = match wrapping {
            Wrapping::None => reported,
            Wrapping::Pinned => quote!(::std::boxed::Box::pin(#reported)),
            Wrapping::Boxed => quote!(::std::boxed::Box::new(::std::boxed::Box::pin(#reported))),
        };
        let body = quote_spanned!(self.at_body()=> move || -> #returned { #order #body });
        quote! {
            let mut #run = #start;
            let #future = (&mut #run).inside(#body);
            #[allow(clippy::implicit_return)]
            #reported
        }
    }

    /// Moves what is captured into a scope that ends before the body is awaited: what was borrowed
    /// keeps its place in the future until its scope ends. An argument that is `mut` is assigned before,
    /// or the compiler would call its `mut` unnecessary.
    fn rebound(&self, read: &TokenStream) -> TokenStream {
        self.arguments
            .iter()
            .filter(|argument| {
                let label = argument.label();
                label != "self" && mentions(read, &label)
            })
            .map(|argument| {
                let Argument {
                    name,
                    conditions,
                    mutability,
                } = argument;
                let assigned = mutability.map(|_| {
                    quote! {
                        #[allow(clippy::self_assignment, clippy::used_underscore_binding)]
                        #(#conditions)*
                        { #name = #name; }
                    }
                });
                quote! {
                    #assigned
                    #[allow(clippy::shadow_same, clippy::used_underscore_binding)]
                    #(#conditions)*
                    let #mutability #name = #name;
                }
            })
            .collect()
    }

    /// Makes the body take its arguments in the order that drops them as the function would. An
    /// argument that nothing uses is left out, so that the compiler still warns of it.
    fn drop_order(&self, read: &TokenStream) -> Option<TokenStream> {
        let body = self.function.body.block.stream();
        let references: Vec<TokenStream> = self
            .arguments
            .iter()
            .rev()
            .filter(|argument| {
                let label = argument.label();
                label == "self"
                    || label.starts_with('_')
                    || mentions(read, &label)
                    || mentions(&body, &label)
            })
            .map(|argument| {
                let Argument {
                    name, conditions, ..
                } = argument;
                quote_spanned!(name.span()=> #(#conditions)* &#name)
            })
            .collect();
        if references.is_empty() {
            return None;
        }
        Some(quote! {
            #[allow(clippy::used_underscore_binding)]
            let _ = (#(#references,)*);
        })
    }
}

fn names(names: &[Ident], argument: &Argument) -> bool {
    names.iter().any(|name| argument.is(name))
}

/// Where the user wrote it, so that what the compiler says of the expansion is said there.
pub(crate) fn at(written: &impl Spanned) -> Span {
    Span::call_site().located_at(written.span())
}

/// Whether the name occurs, as itself or inside a format string.
fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident.unraw() == name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Literal(literal) => {
            let literal = literal.to_string();
            literal.contains(&format!("{{{name}")) || literal.contains(&format!("{name}$"))
        }
        TokenTree::Punct(_) => false,
    })
}

/// What an editor needs: while somebody types, the signature and the body stay where it finds them.
#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(keys: &str, item: &str) -> String {
        without_spaces(&expand(keys.parse().unwrap(), item.parse().unwrap()))
    }

    fn tokens(source: &str) -> String {
        without_spaces(&source.parse().unwrap())
    }

    fn without_spaces(tokens: &TokenStream) -> String {
        tokens.to_string().split_whitespace().collect()
    }

    #[test]
    fn a_half_typed_body_stays_as_it_is_under_its_signature() {
        for body in [
            "{ a. }",
            "{ let x = }",
            "{ a.trim(). ; if }",
            "{ match a { Some( ) => } }",
            "{ let y: Vec< = a.foo(; ) }",
            "{ self.client.ask(a, ) . await ? . }",
            "{ # }",
            "{ #! }",
        ] {
            for signature in [
                "pub fn ask<T: Into<u8>>(&self, a: &str) -> String where T: Copy",
                "async fn ask(mut a: &str) -> Result<String, Error>",
                "fn ask(a: &'static str) -> Pin<Box<dyn Future<Output = u8> + Send>>",
            ] {
                let expanded = expanded("", &format!("{signature} {body}"));
                assert!(expanded.starts_with(&tokens(signature)), "{expanded}");
                assert!(expanded.contains(&tokens(body)), "{expanded}");
                assert!(!expanded.contains("compile_error"), "{expanded}");
            }
        }
    }

    #[test]
    fn broken_keys_leave_the_function_untouched_beside_the_error() {
        let item = "pub async fn ask(a: &str) -> String { a. }";
        for keys in [
            "i",
            "id",
            "id =",
            "id = ,",
            "id = a.",
            "id = a. , skip()",
            "skip",
            "skip(b)",
            "skip(a.)",
            "skip(a) skip(a)",
            "= 5",
            ",",
            "5",
        ] {
            let expanded = expanded(keys, item);
            let error = expanded.strip_prefix(&tokens(item)).unwrap_or_default();
            assert!(error.contains("compile_error"), "{keys}: {expanded}");
        }
    }

    #[test]
    fn what_is_no_function_is_left_untouched_beside_the_error() {
        for item in [
            "struct Agent { name: String }",
            "impl Agent { fn ask() {} }",
            "unsafe impl Send for Agent {}",
            "fn ask(a: &str) -> String;",
            "const fn ask() {}",
            "const LIMIT: u8 = 1;",
            "fn ask(a: ) {}",
            "fn ask",
        ] {
            let expanded = expanded("", item);
            let error = expanded.strip_prefix(&tokens(item)).unwrap_or_default();
            assert!(error.contains("compile_error"), "{expanded}");
        }
    }
}
