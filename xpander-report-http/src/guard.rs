//! Protects the server's data from foreign web pages in the developer's browser, and from requests without a token.
//!
//! Listening on the loopback address is not enough: a foreign page can send requests to it, and with DNS
//! rebinding it can read the answers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::{Access, Agents};
use crate::problem::Problem;

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Refuses requests from foreign pages and, if there are tokens, requests without one. Puts the [`Agents`] of the token
/// into the request, and adds the security headers to every answer.
pub async fn guard(
    State(access): State<Arc<Access>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match check(&access, &request) {
        Ok(agents) => {
            request.extensions_mut().insert(agents);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(access: &Access, request: &Request) -> Result<Agents, Problem> {
    let headers = request.headers();
    // A request target in absolute form overrides the header.
    let host = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| text(headers, header::HOST));
    let Some(host) = host else {
        return Err(Problem::forbidden("The request has no Host header."));
    };
    if !access.answers_to(host) {
        return Err(Problem::forbidden(format!(
            "The request is for the host {host:?}, which this server does not accept. If the \
             name is yours, start the server with --allow-host and the name (in code: \
             Builder::allow_host)."
        )));
    }
    if text(headers, "sec-fetch-site") == Some("cross-site") && !is_link(request) {
        return Err(Problem::forbidden(
            "The request comes from a page of another site.",
        ));
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && !origin.to_str().is_ok_and(|origin| is_own(origin, host))
    {
        return Err(Problem::forbidden(format!(
            "The request comes from a page of the origin {origin:?}."
        )));
    }
    access.admit(headers).ok_or_else(Problem::token_missing)
}

/// A link from another site is harmless: the person sees our page, the linking page sees nothing.
fn is_link(request: &Request) -> bool {
    *request.method() == Method::GET
        && text(request.headers(), "sec-fetch-mode") == Some("navigate")
        && text(request.headers(), "sec-fetch-dest") == Some("document")
}

/// Both schemes are ours: a proxy in front may terminate TLS.
fn is_own(origin: &str, host: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        origin
            .strip_prefix(scheme)
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host))
    })
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
