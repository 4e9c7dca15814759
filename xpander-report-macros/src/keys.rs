use proc_macro2::Ident;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, LitStr, Path, Result, Token, parenthesized, token};

/// All keys, in the order in which they are documented.
const KEYS: &[&str] = &[
    "reporter",
    "name",
    "rollup",
    "sample",
    "keep_failures",
    "max_bytes",
    "input",
    "skip",
    "skip_all",
    "agent_id",
    "id",
    "result",
    "llm_response",
    "tokens",
    "used_tools",
    "is_success",
    "error",
    "crate",
];

/// Other names for a key that users may try.
const ALIASES: &[(&str, &str)] = &[
    ("agent", "agent_id"),
    ("args", "input"),
    ("err", "error"),
    ("except", "skip"),
    ("output", "result"),
    ("response", "llm_response"),
    ("ret", "result"),
    ("success", "is_success"),
    ("task_id", "id"),
    ("tools", "used_tools"),
    ("usage", "tokens"),
];

/// The attribute's keys.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) agent_id: Key<Expr>,
    pub(crate) id: Key<Expr>,
    pub(crate) input: Key<Input>,
    pub(crate) skip: Key<Vec<Ident>>,
    pub(crate) skip_all: Key<()>,
    pub(crate) result: Key<Expr>,
    pub(crate) llm_response: Key<Expr>,
    pub(crate) tokens: Key<Expr>,
    pub(crate) used_tools: Key<Expr>,
    pub(crate) is_success: Key<Expr>,
    pub(crate) error: Key<Expr>,
    pub(crate) reporter: Key<Expr>,
    pub(crate) name: Key<LitStr>,
    pub(crate) rollup: Key<()>,
    pub(crate) sample: Key<Expr>,
    pub(crate) keep_failures: Key<()>,
    pub(crate) max_bytes: Key<Expr>,
    pub(crate) krate: Key<Path>,
}

/// A key as it was written, if it was.
pub(crate) struct Key<T>(Option<(Ident, T)>);

pub(crate) enum Input {
    /// `input = expression`
    Value(Box<Expr>),
    /// `input(a, b)`
    Only(Vec<Ident>),
}

impl<T> Default for Key<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Key<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn name(&self) -> Option<&Ident> {
        self.0.as_ref().map(|(name, _)| name)
    }

    pub(crate) fn set(&mut self, name: Ident, value: T) -> Result<()> {
        if let Some((first, _)) = &self.0 {
            let message =
                format!("the key `{first}` cannot be given twice. Remove one of the two.");
            let mut error = Error::new(first.span(), &message);
            error.combine(Error::new(name.span(), message));
            return Err(error);
        }
        self.0 = Some((name, value));
        Ok(())
    }
}

impl Parse for Keys {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut keys = Self::default();
        each(input, |input| keys.parse_one(input))?;
        Ok(keys)
    }
}

/// Parses keys between commas, and continues after a wrong one.
pub(crate) fn each(
    input: ParseStream<'_>,
    mut parse_one: impl FnMut(ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    let mut errors: Option<Error> = None;
    while !input.is_empty() {
        if let Err(error) = parse_one(input) {
            match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            }
            skip_to_comma(input);
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    errors.map_or(Ok(()), Err)
}

impl Keys {
    /// Whether a key looks at what came out.
    pub(crate) fn looks_at_value(&self) -> bool {
        let keys = [
            &self.result,
            &self.llm_response,
            &self.tokens,
            &self.used_tools,
            &self.is_success,
            &self.error,
        ];
        keys.into_iter().any(|key| key.get().is_some())
    }

    /// The keys whose values are expressions.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Ident, &Expr)> {
        let input = match &self.input {
            Key(Some((name, Input::Value(value)))) => Some((name, &**value)),
            _ => None,
        };
        let keys = [
            &self.reporter,
            &self.sample,
            &self.max_bytes,
            &self.agent_id,
            &self.id,
            &self.result,
            &self.llm_response,
            &self.tokens,
            &self.used_tools,
            &self.is_success,
            &self.error,
        ];
        let keys = keys.into_iter().filter_map(|Key(key)| key.as_ref());
        input
            .into_iter()
            .chain(keys.map(|(name, value)| (name, value)))
    }

    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        let name = key(input)?;
        match name.to_string().as_str() {
            "agent_id" => self.agent_id.set(name.clone(), value(&name, input)?),
            "id" => self.id.set(name.clone(), value(&name, input)?),
            "input" if input.peek(token::Paren) => {
                self.input.set(name, Input::Only(names("input", input)?))
            }
            "input" => self
                .input
                .set(name.clone(), Input::Value(Box::new(value(&name, input)?))),
            "skip" if input.peek(token::Paren) => self.skip.set(name, names("skip", input)?),
            "skip" => Err(skip_without_names(&name)),
            "skip_all" => {
                flag(&name, input)?;
                self.skip_all.set(name, ())
            }
            "rollup" => {
                flag(&name, input)?;
                self.rollup.set(name, ())
            }
            "keep_failures" => {
                flag(&name, input)?;
                self.keep_failures.set(name, ())
            }
            "result" => self.result.set(name.clone(), value(&name, input)?),
            "llm_response" => self.llm_response.set(name.clone(), value(&name, input)?),
            "tokens" => self.tokens.set(name.clone(), value(&name, input)?),
            "used_tools" => self.used_tools.set(name.clone(), value(&name, input)?),
            "is_success" => self.is_success.set(name.clone(), value(&name, input)?),
            "error" => self.error.set(name.clone(), value(&name, input)?),
            "reporter" => self.reporter.set(name.clone(), value(&name, input)?),
            "sample" => self.sample.set(name.clone(), value(&name, input)?),
            "max_bytes" => self.max_bytes.set(name.clone(), value(&name, input)?),
            "name" => {
                let text = text(&name, input)?;
                self.name.set(name, text)
            }
            "crate" => {
                let path = path(&name, input)?;
                self.krate.set(name, path)
            }
            unknown => Err(Error::new(name.span(), unknown_key(unknown))),
        }
    }
}

/// The name of a key.
pub(crate) fn key(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(LitStr) {
        return Err(input.error("a string needs a key. Write `name = \"…\"`."));
    }
    input
        .call(Ident::parse_any)
        .map_err(|error| Error::new(error.span(), "expected a key, such as `name = \"…\"`"))
}

fn unknown_key(unknown: &str) -> String {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == unknown);
    let meant = alias.map(|(_, key)| *key).or_else(|| {
        let close = KEYS
            .iter()
            .map(|key| (distance(unknown, key), *key))
            .min()?;
        (close.0 <= 2).then_some(close.1)
    });
    let meant = meant.map_or_else(String::new, |key| format!(" Did you mean `{key}`?"));
    let keys: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
    let keys = keys.join(", ");
    format!("`{unknown}` is not a key of `#[external_task]`.{meant} The keys are {keys}.")
}

/// How many letters must be added, removed or replaced to make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn value(name: &Ident, input: ParseStream<'_>) -> Result<Expr> {
    equals(name, input)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(without_value(name));
    }
    input.parse().map_err(|error: Error| {
        if input.is_empty() {
            Error::new(
                name.span(),
                format!("the value of `{name}` is not complete: {error}"),
            )
        } else {
            error
        }
    })
}

fn without_value(name: &Ident) -> Error {
    Error::new(
        name.span(),
        format!("the key `{name}` needs a value. Write `{name} = …`."),
    )
}

/// The value of the key `name`.
pub(crate) fn text(name: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    equals(name, input)?;
    input.parse::<LitStr>().map_err(|error| {
        let message = "`name` takes a string literal. Write `name = \"…\"`.";
        Error::new(error.span(), message)
    })
}

/// The value of the key `crate`.
pub(crate) fn path(name: &Ident, input: ParseStream<'_>) -> Result<Path> {
    equals(name, input)?;
    if input.peek(LitStr) {
        return Err(input.error(
            "`crate` takes a path, not a string. Write `crate = path::to::xpander_report`.",
        ));
    }
    input.call(Path::parse_mod_style)
}

pub(crate) fn flag(name: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(Error::new(
        name.span(),
        format!("`{name}` takes no value. Write `{name}`."),
    ))
}

fn equals(name: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    if input.peek(token::Paren) {
        return Err(Error::new(
            name.span(),
            format!("the key `{name}` cannot take its value in parentheses. Write `{name} = …`."),
        ));
    }
    Err(without_value(name))
}

/// The names of arguments that the key `key` takes.
pub(crate) fn names(key: &str, input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content;
    parenthesized!(content in input);
    let mut names = Vec::new();
    while !content.is_empty() {
        names.push(one(key, &content)?);
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(names)
}

fn one(key: &str, input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(LitStr) {
        return Err(input.error(
            "expected the name of an argument, found a string. Write the name without quotes.",
        ));
    }
    if let Some(error) = no_name(key, &input.fork()) {
        return Err(error);
    }
    // `type` and `r#type` name the same argument.
    let name = input.call(Ident::parse_any)?;
    Ok(match name.to_string().as_str() {
        "self" | "Self" | "super" | "crate" | "_" => name,
        _ => format_ident!("{}", name.unraw(), span = name.span()),
    })
}

/// An expression of an argument where its name stands.
fn no_name(key: &str, input: ParseStream<'_>) -> Option<Error> {
    let value: Expr = input.parse().ok()?;
    let mut inner = &value;
    let root = loop {
        inner = match inner {
            Expr::Reference(it) => &it.expr,
            Expr::Unary(it) => &it.expr,
            Expr::Field(it) => &it.base,
            Expr::Index(it) => &it.expr,
            Expr::MethodCall(it) => &it.receiver,
            Expr::Paren(it) => &it.expr,
            Expr::Path(it) => break it.path.get_ident()?,
            _ => return None,
        };
    };
    (!matches!(value, Expr::Path(_))).then(|| {
        let tokens = value.to_token_stream();
        Error::new_spanned(
            &tokens,
            format!("`{key}` cannot take an expression, only the names of arguments. Write `{key}({root})`."),
        )
    })
}

pub(crate) fn skip_without_names(name: &Ident) -> Error {
    Error::new(
        name.span(),
        "`skip` needs arguments. Write `skip(a, b)`, or `skip_all`.",
    )
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}
