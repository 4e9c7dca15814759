//! Keeps the developer's prompts from every other web page that the developer has open.
//!
//! Listening on the loopback address does not: a foreign page can send requests to it, and by DNS
//! rebinding can even read the answers under a name of its own.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Refuses what does not come from this machine's programs and pages; every answer gets the headers
/// that confine it.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(request: &Request) -> Result<(), Problem> {
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
    if !is_loopback(host) {
        return Err(Problem::forbidden(format!(
            "The request is for the host {host:?}; this server answers only to localhost and 127.0.0.1."
        )));
    }
    if text(headers, "sec-fetch-site") == Some("cross-site") && !is_link(request) {
        return Err(Problem::forbidden(
            "The request comes from a page of another site.",
        ));
    }
    if *request.method() != Method::GET
        && let Some(origin) = headers.get(header::ORIGIN)
        && !origin.to_str().is_ok_and(|origin| is_own(origin, host))
    {
        return Err(Problem::forbidden(format!(
            "The request comes from a page of the origin {origin:?}."
        )));
    }
    Ok(())
}

/// Following a link shows our page to the person who clicked, and nothing to the page with the link.
fn is_link(request: &Request) -> bool {
    *request.method() == Method::GET
        && text(request.headers(), "sec-fetch-mode") == Some("navigate")
        && text(request.headers(), "sec-fetch-dest") == Some("document")
}

fn is_own(origin: &str, host: &str) -> bool {
    origin
        .strip_prefix("http://")
        .is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_addresses_are_ours() {
        for host in [
            "localhost",
            "LOCALHOST:9726",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:9726",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "localhost@example.com",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
