use crate::private;
use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Abi, Attribute, Expr, Ident, Lifetime, Result, Signature, Token, Visibility, token};

/// The annotated function. Only its signature is parsed. The body is kept as tokens, so it may be incomplete while the
/// user types it.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

pub(crate) struct Body {
    /// Inner attributes, which must stay first.
    pub(crate) attributes: TokenStream,
    /// The statements that `#[tool]` has inserted first: these calls belong to the enclosing run.
    pub(crate) tools: TokenStream,
    /// The block without them.
    pub(crate) block: Group,
}

impl Function {
    /// Reads what the attribute of this name stands on.
    pub(crate) fn read(attribute: &str, item: TokenStream) -> Result<Self> {
        (|input: ParseStream<'_>| Self::parse(attribute, input)).parse2(item)
    }

    fn parse(attribute: &str, input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        if let Some(what) = not_a_function(input) {
            return Err(input.error(format_args!(
                "`#[{attribute}]` cannot be applied to {what}. Put it on a function or a method."
            )));
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(syn::Error::new(
                signature.ident.span(),
                format!(
                    "`#[{attribute}]` cannot instrument a method without a body. Put it on the \
                     implementations, or give the method a default body."
                ),
            ));
        }
        let body = input.parse::<TokenTree>()?;
        let TokenTree::Group(group) = without_invisible_group(body.clone()) else {
            return Err(syn::Error::new_spanned(
                body,
                "expected the function's body",
            ));
        };
        Ok(Self {
            attributes,
            visibility,
            signature,
            body: Body::split(group),
        })
    }
}

impl Body {
    /// The block with a label, which keeps the compiler from calling its braces unnecessary.
    pub(crate) fn labelled(&self, label: &str) -> TokenStream {
        let block = &self.block;
        let label = Lifetime::new(label, block.span_open());
        quote!(#label: #block)
    }

    fn split(group: Group) -> Self {
        let mut tokens = group.stream().into_iter();
        let mut attributes = TokenStream::new();
        let mut rest = tokens.clone();
        while let (
            Some(TokenTree::Punct(hash)),
            Some(TokenTree::Punct(bang)),
            Some(TokenTree::Group(content)),
        ) = (rest.next(), rest.next(), rest.next())
            && hash.as_char() == '#'
            && bang.as_char() == '!'
            && content.delimiter() == Delimiter::Bracket
        {
            hash.to_tokens(&mut attributes);
            bang.to_tokens(&mut attributes);
            content.to_tokens(&mut attributes);
            tokens = rest.clone();
        }
        let tools = take_tools(&mut tokens);
        if attributes.is_empty() && tools.is_empty() {
            // The group is kept, because a new group would lose the spans of its braces.
            return Self {
                attributes,
                tools,
                block: group,
            };
        }
        let mut block = Group::new(Delimiter::Brace, tokens.collect());
        block.set_span(group.span());
        Self {
            attributes,
            tools,
            block,
        }
    }
}

/// The tokens of `let __tool0 =`.
const BINDING: usize = 3;

/// Takes statements `let __tool0 = …::__private_0_1::called("search");` from the front.
fn take_tools(tokens: &mut IntoIter) -> TokenStream {
    let mut tools = TokenStream::new();
    let mut rest = tokens.clone();
    while let Some(statement) = statement(&mut rest) {
        let value = statement.clone().into_iter().skip(BINDING);
        let Ok(mut value) = syn::parse2::<Expr>(value.collect()) else {
            break;
        };
        while let Expr::MethodCall(further) = value {
            value = *further.receiver;
        }
        let Expr::Call(call) = value else {
            break;
        };
        let Expr::Path(function) = &*call.func else {
            break;
        };
        let mut names = function.path.segments.iter().rev().map(|it| &it.ident);
        if !(names.next().is_some_and(|it| it == "called")
            && names.next().is_some_and(private::is_module))
        {
            break;
        }
        tools.extend(quote!(#statement;));
        *tokens = rest.clone();
    }
    tools
}

/// What stands before the next `;`.
fn statement(tokens: &mut IntoIter) -> Option<TokenStream> {
    let mut statement = TokenStream::new();
    for token in tokens.by_ref() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return Some(statement),
            // The calls are the only groups.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Parenthesis => return None,
            _ => statement.extend([token]),
        }
    }
    None
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (attributes, tools, block) = (&self.attributes, &self.tools, self.block.stream());
        let mut whole = Group::new(Delimiter::Brace, quote!(#attributes #tools #block));
        whole.set_span(self.block.span());
        whole.to_tokens(tokens);
    }
}

/// What a `$body:block` of `macro_rules` holds.
fn without_invisible_group(tree: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &tree
        && group.delimiter() == Delimiter::None
        && let Some(inner) = group.stream().into_iter().next()
    {
        return without_invisible_group(inner);
    }
    tree
}

fn is_extern_block(input: ParseStream<'_>) -> bool {
    input.parse::<Abi>().is_ok() && input.peek(token::Brace)
}

fn not_a_function(input: ParseStream<'_>) -> Option<&'static str> {
    let input = input.fork();
    if input.peek(Token![const]) && (input.peek2(Ident) || input.peek2(Token![_])) {
        return Some("a constant");
    }
    while input.peek(Token![unsafe]) {
        input.parse::<Token![unsafe]>().ok()?;
    }
    if input.peek(Token![extern]) && is_extern_block(&input.fork()) {
        Some("an extern block")
    } else if input.peek(Token![extern]) && input.peek2(Token![crate]) {
        Some("an extern crate")
    } else if input.peek(Token![union]) && input.peek2(Ident) {
        Some("a union")
    } else if input.peek(Token![struct]) {
        Some("a struct")
    } else if input.peek(Token![enum]) {
        Some("an enum")
    } else if input.peek(Token![trait]) {
        Some("a trait")
    } else if input.peek(Token![impl]) {
        Some("an impl block")
    } else if input.peek(Token![mod]) {
        Some("a module")
    } else if input.peek(Token![static]) {
        Some("a static")
    } else if input.peek(Token![type]) {
        Some("a type")
    } else if input.peek(Token![use]) {
        Some("a use")
    } else if input.peek(Token![let]) {
        Some("a variable")
    } else if input.peek(Ident) && input.peek2(Token![!]) {
        Some("a macro")
    } else {
        None
    }
}
