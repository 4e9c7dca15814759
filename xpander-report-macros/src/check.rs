use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, Expr, ExprBlock, Lit, Stmt, Type, UnOp};

use crate::flow::Shown;
use crate::function::Function;
use crate::keys::{Input, Key, Keys};
use crate::signature::Argument;

/// Checks the signature and the keys, and reports all errors together.
pub(crate) fn check(
    keys: &Keys,
    function: &Function,
    arguments: &[&Argument],
    shown: Option<&Shown<'_>>,
    borrowed_item: Option<&Type>,
    second: Option<&Type>,
) -> Result<(), Error> {
    let signature = &function.signature;
    let mut errors = Vec::new();
    if let Some(constness) = &signature.constness {
        errors.push(Error::new_spanned(
            constness,
            "`#[external_task]` cannot instrument a `const fn`, which may run at compile \
             time. Remove `const`, or put the attribute on the function that calls it.",
        ));
    }
    let tracks_caller = |attribute: &&syn::Attribute| attribute.path().is_ident("track_caller");
    if let Some(attribute) = function.attributes.iter().find(tracks_caller) {
        errors.push(Error::new_spanned(
            attribute,
            "`#[external_task]` cannot be combined with `#[track_caller]`, because the body moves into a closure. \
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
                    "`{name}` is not an argument of this function. Choose an existing one{}.",
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
            format!("`{skip}` cannot be combined with `{input}`: both select the captured arguments. Remove one of the two."),
        ));
    }
    if let (Some(flag), None) = (keys.keep_failures.name(), keys.sample.get()) {
        errors.push(Error::new(
            flag.span(),
            "`keep_failures` needs `sample`: without it, every run is reported. Remove `keep_failures`, \
             or add `sample = 0.1`.",
        ));
    }
    errors.extend(keys.sample.get().and_then(check_share));
    let functions = [
        &keys.result,
        &keys.llm_response,
        &keys.tokens,
        &keys.used_tools,
        &keys.is_success,
        &keys.error,
    ];
    errors.extend(functions.into_iter().filter_map(check_is_function));
    errors.extend(
        [&keys.agent_id, &keys.id]
            .into_iter()
            .filter_map(check_no_into),
    );
    if let (Some(bound), None) = (shown.and_then(Shown::unsupported_bound), keys.result.get()) {
        let name = bound.to_token_stream();
        errors.push(Error::new_spanned(
            bound,
            format!(
                "`#[external_task]` cannot preserve `{name}` on the returned stream or future. Return it without that \
                 trait. To report only the call, write `result = |_| \"…\"`."
            ),
        ));
    }
    if let (Some(borrowed_item), None) = (borrowed_item, keys.result.get()) {
        errors.push(Error::new_spanned(
            borrowed_item,
            "`#[external_task]` cannot follow a box that may outlive what it gives. Give the box the lifetime of this \
             type, as in `BoxFuture<'a, …>` or `Pin<Box<dyn Future<Output = …> + 'a>>`. To report only the call, \
             write `result = |_| \"…\"`.",
        ));
    }
    let second = second.or_else(|| shown.and_then(Shown::second));
    if let (Some(second), None) = (second, keys.result.get()) {
        errors.push(Error::new_spanned(
            second,
            "`#[external_task]` cannot follow several streams or futures in one tuple. Return each from its own \
             function. To report only the call, write `result = |_| \"…\"`.",
        ));
    }
    errors.extend(keys.values().filter_map(check_no_await));
    errors
        .into_iter()
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .map_or(Ok(()), Err)
}

/// Rejects an `.await` outside of an `async` block: keys are evaluated synchronously.
fn check_no_await((name, value): (&Ident, &Expr)) -> Option<Error> {
    let at = awaited(value.to_token_stream())?;
    Some(Error::new(
        at,
        format!(
            "`{name}` cannot use `.await`: keys are evaluated synchronously. Compute the value before the call and pass it as \
             an argument, or hand it over in the body with `current_task()`."
        ),
    ))
}

fn awaited(tokens: TokenStream) -> Option<Span> {
    let (mut is_dot, mut is_async) = (false, false);
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) if std::mem::take(&mut is_async) => {
            drop(group);
            None
        }
        TokenTree::Group(group) => {
            is_dot = false;
            awaited(group.stream())
        }
        TokenTree::Ident(word) => {
            is_async = word == "async" || is_async && word == "move";
            (is_dot && word == "await").then(|| word.span())
        }
        TokenTree::Punct(punct) => {
            is_dot = punct.as_char() == '.';
            None
        }
        TokenTree::Literal(_) => None,
    })
}

/// Rejects a literal that is not a share from 0.0 to 1.0.
fn check_share(rate: &Expr) -> Option<Error> {
    let is_negative = matches!(rate, Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)));
    let number = match rate {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Float(number) => number.base10_parse::<f64>().ok()?,
            Lit::Int(number) => number.base10_parse::<f64>().ok()?,
            _ => return None,
        },
        _ if is_negative => -1.0,
        _ => return None,
    };
    let is_integer = matches!(rate, Expr::Lit(literal) if matches!(literal.lit, Lit::Int(_)));
    let is_share = (0.0..=1.0).contains(&number) && !is_integer;
    (!is_share).then(|| {
        Error::new_spanned(
            rate,
            "`sample` takes a number from 0.0 to 1.0, the share of runs to report. To report a \
             tenth of them, write `sample = 0.1`.",
        )
    })
}

/// Macros whose value is not a function.
const VALUES: &[&str] = &[
    "concat",
    "env",
    "format",
    "format_args",
    "include_str",
    "json",
    "matches",
    "stringify",
    "vec",
];

fn is_a_value(value: &Expr) -> bool {
    match value {
        Expr::Lit(_) | Expr::Tuple(_) | Expr::Array(_) => true,
        Expr::Macro(call) => {
            let last = call.mac.path.segments.last();
            last.is_some_and(|last| VALUES.iter().any(|name| last.ident == name))
        }
        Expr::Block(block) => last(block).is_none_or(is_a_value),
        _ => false,
    }
}

/// The value of a block, unless it is `()`.
pub(crate) fn last(block: &ExprBlock) -> Option<&Expr> {
    match block.block.stmts.last()? {
        Stmt::Expr(value, None) => Some(value),
        _ => None,
    }
}

/// Rejects `.into()`, whose target type is unknown: these keys take text of any type.
fn check_no_into(key: &Key<Expr>) -> Option<Error> {
    let (name, value) = (key.name()?, key.get()?);
    let Expr::MethodCall(call) = some(value).unwrap_or(value) else {
        return None;
    };
    (call.method == "into").then(|| {
        Error::new(
            call.method.span(),
            format!("`{name}` cannot use `.into()`, because it takes text of any type. Remove `.into()`."),
        )
    })
}

/// The value in a `Some(…)`.
pub(crate) fn some(value: &Expr) -> Option<&Expr> {
    let Expr::Call(call) = value else {
        return None;
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let is_some = function.path.segments.last()?.ident == "Some";
    call.args.first().filter(|_| is_some)
}

/// Rejects a value where a key takes a function of the return value.
fn check_is_function(key: &Key<Expr>) -> Option<Error> {
    let (name, value) = (key.name()?, key.get()?);
    is_a_value(value).then(|| {
        let mut text = value.to_token_stream().to_string();
        if let Expr::Macro(_) = value {
            // Tokens have no space of their own between `format!` and what it takes.
            text = text.replacen("! ", "!", 1);
        }
        Error::new_spanned(
            value,
            format!("`{name}` takes a function of the return value, not a value. Write `{name} = |_| {text}`."),
        )
    })
}

fn listed(arguments: &[&Argument]) -> String {
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
