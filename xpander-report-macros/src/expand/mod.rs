#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Type, parse_quote};

use crate::boxes;
use crate::check::{self, check};
use crate::flow::{self, Shown};
use crate::function::Function;
use crate::keys::{Input, Key, Keys};
use crate::private;
use crate::renamed::Renamed;
use crate::signature::{self, Argument, local};

/// The instrumented function. If there is an error, the original function is emitted as well, so that the error causes
/// no further ones.
///
/// Methods are called on explicit references, so that a method of a user's trait for all types never has precedence.
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
    /// What the return type shows to go on.
    pub(crate) shown: Option<Shown<'a>>,
    /// What the return type shows cannot be followed: see `boxes` and `flow::second`.
    pub(crate) is_only_a_call: bool,
    arguments: Vec<Argument>,
    renamed: Vec<Renamed>,
    body: TokenStream,
    start: Ident,
    pub(crate) run: Ident,
    pub(crate) value: Ident,
}

/// What is captured of the arguments.
struct Captured<'a> {
    name: &'a Ident,
    conditions: &'a [Attribute],
    /// The name is a borrow already.
    is_borrow: bool,
    /// The name is one of a secret, and no key lists it.
    is_secret: bool,
}

impl<'a> Expansion<'a> {
    fn new(keys: &'a Keys, function: &'a Function) -> Result<Self, Error> {
        let arguments = signature::arguments(&function.signature);
        let body = function.body.block.stream();
        let renamed: Vec<_> = arguments
            .iter()
            .filter_map(|argument| Renamed::of(argument, &body))
            .collect();
        let shown = Shown::of(&function.signature.output);
        let names: Vec<&Argument> = names(&arguments, &renamed).map(|(name, _)| name).collect();
        let borrowed_item = boxes::borrowed_item_of_static_box(&function.signature.output);
        let second = flow::second(&function.signature.output);
        check(
            keys,
            function,
            &names,
            shown.as_ref(),
            borrowed_item,
            second,
        )?;
        let module = private::module();
        let private = match keys.krate.get() {
            Some(path) => quote!(#path::#module),
            None => quote!(::xpander_report::#module),
        };
        Ok(Self {
            shown: shown.filter(|shown| second.is_none() && follows(keys, shown)),
            is_only_a_call: borrowed_item.is_some() || second.is_some(),
            keys,
            function,
            private,
            arguments,
            renamed,
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
        let tools = &body.tools;
        let content = match signature.asyncness {
            Some(_) => self.async_body(),
            None => self.sync_body(),
        };
        let content = quote!(#inner_attributes #tools #content);
        let mut block = Group::new(Delimiter::Brace, content);
        // With the user's span, the compiler still reports an unused function. It ignores functions that a macro made.
        block.set_span(body.block.span());
        quote!(#(#attributes)* #visibility #signature #block)
    }

    // Output, an expression:
    //
    //     {
    //         let mut __start = Start::new(module_path!(), "summarise");
    //         if (&__start).is_on() {
    //             (&mut __start).arguments(&[("text", &(&&Probe(&text)).capture_rung())], false);
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
        let sample = self.keys.sample.get().map(|rate| {
            let keep_failures = self.keys.keep_failures.get().is_some();
            quote_spanned!(at(rate)=> (&mut #start).sample(|| #rate, #keep_failures);)
        });
        let rollup = self.keys.rollup.name();
        let rollup = rollup.map(|_| quote!((&mut #start).rollup();));
        let max_bytes = self.setter("max_bytes", &self.keys.max_bytes);
        let agent_id = self.setter("agent_id", &self.keys.agent_id);
        let id = self.setter("id", &self.keys.id);
        let captures = quote!(#max_bytes #input #agent_id #id);
        let switches = quote!(#rollup #sample);
        if captures.is_empty() && switches.is_empty() {
            return quote!(#new.begin());
        }
        let renamed = &self.renamed;
        quote!({
            let mut #start = #new;
            #switches
            #[allow(clippy::used_underscore_binding)]
            if (&#start).is_on() {
                #(#renamed)*
                #[allow(unused_imports)]
                use #private::rungs::*;
                #captures
            }
            #start.begin()
        })
    }

    fn setter(&self, name: &str, key: &Key<Expr>) -> Option<TokenStream> {
        let start = &self.start;
        let value = key.get()?;
        let at = at(value);
        let name = Ident::new(name, at);
        let read = match check::some(value).filter(|held| self.is_a_place(held)) {
            Some(held) => {
                let place = self.place(held);
                quote_spanned!(at=> ::core::option::Option::Some(#place))
            }
            None if self.is_a_place(value) => self.place(value),
            None => quote!(#value),
        };
        Some(quote_spanned!(at=> (&mut #start).#name(|| #read);))
    }

    /// Reads an argument, and leaves it to the body.
    fn place(&self, value: &Expr) -> TokenStream {
        let at = at(value);
        let private = self.private_at(at);
        quote_spanned!(at=> #private::place(&(#value)))
    }

    /// Whether it is an argument, or a field of one.
    fn is_a_place(&self, value: &Expr) -> bool {
        match value {
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                let mut names = names(&self.arguments, &self.renamed);
                names.any(|(argument, _)| argument.name == *name)
            }),
            Expr::Field(field) => self.is_a_place(&field.base),
            Expr::Paren(inner) => self.is_a_place(&inner.expr),
            Expr::Group(inner) => self.is_a_place(&inner.expr),
            _ => false,
        }
    }

    pub(crate) fn follows(&self, shown: &Shown<'_>) -> bool {
        follows(self.keys, shown)
    }

    /// The span of the body, so that compiler errors in the replaced code point to the body.
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
        let start = &self.start;
        if let Some(Input::Value(value)) = self.keys.input.get() {
            let taken = self.taken(&quote!((#value)));
            return Some(quote!((&mut #start).input(&mut |#taken);));
        }
        let captured = self.captured();
        if captured.is_empty() {
            return None;
        }
        let is_listed = self.keys.input.get().is_some();
        let arguments = captured.iter().map(|argument| {
            let conditions = argument.conditions;
            let label = argument.name.unraw().to_string();
            let rung = self.argument_rung(argument);
            quote!(#(#conditions)* (#label, #rung))
        });
        Some(quote!((&mut #start).arguments(&[#(#arguments),*], #is_listed);))
    }

    fn argument_rung(&self, argument: &Captured<'_>) -> TokenStream {
        if argument.is_secret {
            let private = &self.private;
            return quote!(&#private::Redacted);
        }
        let name = argument.name;
        let reference = match argument.is_borrow {
            true => quote!(#name),
            false => quote!(&#name),
        };
        self.rung(at(name), &reference)
    }

    fn captured(&self) -> Vec<Captured<'_>> {
        let Keys {
            input,
            skip,
            skip_all,
            ..
        } = self.keys;
        let skipped = skip.get().map_or(&[][..], Vec::as_slice);
        let is_captured = |argument: &Argument| match input.get() {
            Some(Input::Value(_)) => false,
            Some(Input::Only(allowed)) => is_among(allowed, argument),
            None => {
                skip_all.get().is_none() && argument.name != "self" && !is_among(skipped, argument)
            }
        };
        names(&self.arguments, &self.renamed)
            .filter(|(argument, _)| is_captured(argument))
            .map(|(argument, is_borrow)| Captured {
                name: &argument.name,
                conditions: &argument.conditions,
                is_borrow,
                is_secret: input.get().is_none() && argument.is_secret(),
            })
            .collect()
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
        let captured = self.captured().into_iter();
        let captured = captured.filter(|argument| !argument.is_secret);
        let captured = captured.map(|argument| argument.name);
        let renamed = &self.renamed;
        let input = match input.get() {
            Some(Input::Value(value)) => Some(value),
            _ => None,
        };
        let others = [reporter, agent_id, id, sample, max_bytes];
        let others = others.into_iter().filter_map(Key::get);
        quote!(#(#captured)* #(#renamed)* #input #(#others)*)
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
    //     …
    fn async_body(&self) -> TokenStream {
        let Self { body, run, .. } = self;
        let start = self.start();
        let read = self.read();
        let order = self.order(&read);
        let annotation = signature::annotation(&self.function.signature.output);
        let (edge, tie) = match &annotation {
            Some(ty) if self.hides_its_value() => {
                let edge = local("edge");
                (self.edge(&edge, ty), self.leave(&quote!(#edge.never()), ty))
            }
            Some(ty) => {
                let never = quote!(::core::option::Option::None::<#ty>);
                (TokenStream::new(), self.leave(&never, ty))
            }
            None => (TokenStream::new(), TokenStream::new()),
        };
        let rebound = self.rebound(&read);
        let body = self.object(&local("edge")).unwrap_or_else(|| body.clone());
        let body = quote_spanned!(self.at_body()=> async move { #order #tie #body });
        let future = local("body");
        let called = quote!((&mut #run).follow(#future).await);
        let finish = self.finish(&called, annotation.as_ref());
        quote! {
            #edge
            let mut #run;
            #[allow(clippy::async_yields_async)]
            let #future = {
                #rebound
                #run = #start;
                #body
            };
            #finish
        }
    }

    // Output:
    //
    //     let mut __run = { start };
    //     let __value: Result<String, Error> = (&mut __run).call(move || -> Result<String, Error> {
    //         let a = a;
    //         let b = b;
    //         '__body: { … }
    //     });
    //     …
    fn sync_body(&self) -> TokenStream {
        let Self { body, run, .. } = self;
        let start = self.start();
        let read = self.read();
        let (assigned, moved) = self.moved(&read);
        let annotation = signature::annotation(&self.function.signature.output);
        let output = annotation.clone().unwrap_or_else(|| parse_quote!(!));
        let mut body = quote_spanned!(self.at_body()=> move || -> #output { #moved #body });
        let mut edge = TokenStream::new();
        if let Some(ty) = annotation.as_ref().filter(|_| self.hides_its_value()) {
            let name = local("edge");
            edge = self.edge(&name, ty);
            let method = signature::function(&self.function.signature.output);
            if let (None, Some(object)) = (&method, self.object(&name)) {
                body = quote_spanned!(self.at_body()=> move || -> #output { #moved #object });
            }
            let method = method.unwrap_or_else(|| quote!(body));
            body = quote!(#name.#method(#body));
        }
        let called = quote!((&mut #run).call(#body));
        let finish = self.finish(&called, annotation.as_ref());
        quote! {
            #edge
            #assigned
            let mut #run = #start;
            #finish
        }
    }

    // Output, for `impl Fn(&str) -> String`:
    //
    //     let mut __place;
    //     let _: &mut (dyn Fn(&str) -> String) = keep('__body: { … }, {
    //         __place = __edge.never();
    //         &mut __place
    //     });
    //     __edge.kept(__place)
    //
    /// The body, to which a closure at its end is a function that the return type describes.
    fn object(&self, edge: &Ident) -> Option<TokenStream> {
        let object = signature::function_object(&self.function.signature.output)?;
        let Self { private, body, .. } = self;
        let place = local("place");
        Some(quote! {
            let mut #place;
            let _: &mut (#object) = #private::keep(#body, {
                #place = #edge.never();
                &mut #place
            });
            #edge.kept(#place)
        })
    }

    /// Whether the return type hides that of the value itself.
    fn hides_its_value(&self) -> bool {
        self.shown.is_none() && signature::hides(&self.function.signature.output)
    }

    fn edge(&self, edge: &Ident, ty: &Type) -> TokenStream {
        let private = &self.private;
        let leave = self.leave(&quote!(#edge.never()), ty);
        quote! {
            let #edge = #private::Edge::new();
            #leave
        }
    }

    /// Never returns, and says what is returned.
    fn leave(&self, never: &TokenStream, ty: &Type) -> TokenStream {
        let mut value = local("never");
        value.set_span(value.span().located_at(ty.span()));
        quote_spanned! {at(ty)=>
            #[allow(clippy::diverging_sub_expression, unreachable_code)]
            if let ::core::option::Option::Some(#value) = #never {
                return #value;
            }
        }
    }

    /// Moves the captured arguments into a scope that ends before the body is awaited. A borrowed argument would occupy
    /// space in the future until its scope ends.
    fn rebound(&self, read: &TokenStream) -> TokenStream {
        let read = self.movable().filter(|it| mentions(read, &it.label()));
        read.map(|argument| {
            let (assigned, moved) = (assigned(argument), moved(argument));
            quote!(#assigned #moved)
        })
        .collect()
    }

    /// Moves the arguments into local variables of the body. So the body drops them in the function's order, and
    /// compiler messages use their names.
    fn moved(&self, read: &TokenStream) -> (TokenStream, TokenStream) {
        let mut body = TokenStream::new();
        if let Some(this) = self.arguments.iter().find(|it| it.label() == "self") {
            let (name, conditions) = (&this.name, &this.conditions);
            body.extend(quote!(#(#conditions)* let _ = &#name;));
        }
        for argument in self.movable() {
            body.extend(moved(argument));
            if mentions(read, &argument.label()) {
                let (name, conditions) = (&argument.name, &argument.conditions);
                body.extend(quote! {
                    #[allow(clippy::used_underscore_binding)]
                    #(#conditions)*
                    let _ = &#name;
                });
            }
        }
        (self.movable().filter_map(assigned).collect(), body)
    }

    /// Makes the future capture its arguments in an order in which it drops them as the function would.
    fn order(&self, read: &TokenStream) -> Option<TokenStream> {
        if self.arguments.is_empty() {
            return None;
        }
        let body = self.function.body.block.stream();
        let references = self.arguments.iter().rev().map(|argument| {
            let Argument {
                name, conditions, ..
            } = argument;
            quote_spanned!(name.span()=> #(#conditions)* &#name)
        });
        let is_unused = |argument: &&Argument| {
            let label = argument.label();
            !label.starts_with('_') && !mentions(read, &label) && !mentions(&body, &label)
        };
        let unused: Vec<_> = self.movable().filter(is_unused).collect();
        let unused = (!unused.is_empty()).then(|| {
            // The references below use every argument, and so hide unused ones from the compiler. These variables make
            // it warn of them again.
            let unused = unused.iter().map(|argument| {
                let Argument {
                    name, conditions, ..
                } = argument;
                quote!(#(#conditions)* let #name = 0_u8;)
            });
            quote!(if false { #(#unused)* })
        });
        Some(quote! {
            #unused
            #[allow(clippy::used_underscore_binding)]
            let _ = (#(#references,)*);
        })
    }

    /// All arguments but `self`, which no `let` can bind.
    fn movable(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter().filter(|it| it.label() != "self")
    }
}

/// With the key `result`, what cannot be followed is reported as a call.
fn follows(keys: &Keys, shown: &Shown<'_>) -> bool {
    keys.result.get().is_none() || shown.keeps_all()
}

/// All names that arguments have for the user, and whether such a name is a borrow.
fn names<'a>(
    arguments: &'a [Argument],
    renamed: &'a [Renamed],
) -> impl Iterator<Item = (&'a Argument, bool)> {
    arguments.iter().flat_map(move |argument| {
        let renamed = renamed.iter().find(|it| it.argument == argument.name);
        let own = renamed.is_none().then_some((argument, false));
        let taken_apart = renamed.into_iter().flat_map(|it| &it.names);
        own.into_iter().chain(taken_apart.map(|name| (name, true)))
    })
}

fn is_among(names: &[Ident], argument: &Argument) -> bool {
    names.iter().any(|name| argument.is(name))
}

/// An argument that is `mut` is assigned before it moves, or the compiler would call its `mut` unnecessary.
fn assigned(argument: &Argument) -> Option<TokenStream> {
    let Argument {
        name, conditions, ..
    } = argument;
    argument.mutability.map(|_| {
        quote! {
            #[allow(clippy::self_assignment, clippy::used_underscore_binding)]
            #(#conditions)*
            { #name = #name; }
        }
    })
}

fn moved(argument: &Argument) -> TokenStream {
    let Argument {
        name,
        conditions,
        mutability,
        ..
    } = argument;
    quote! {
        #[allow(clippy::redundant_locals, clippy::shadow_same, clippy::used_underscore_binding)]
        #(#conditions)*
        let #mutability #name = #name;
    }
}

/// The user's span, so that compiler errors in the expansion point to the user's code.
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
