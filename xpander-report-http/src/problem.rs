//! Error answers in the platform's form: `{"detail": …}`.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// Whether the answer has a `WWW-Authenticate` header, at which a browser asks for a password.
    challenge: bool,
    /// The `Retry-After` header in seconds, if there is one.
    retry_after: Option<u32>,
    detail: Detail,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Fields(Vec<Invalid>),
}

/// An invalid value of a request.
#[derive(Debug, Serialize)]
pub struct Invalid {
    loc: Vec<Loc>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A step of the path to an invalid value.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Loc {
    /// A field.
    Name(&'static str),
    /// A position in a list.
    Index(usize),
}

impl Invalid {
    /// The value at this path is invalid.
    pub fn new(loc: &[Loc], kind: &'static str, msg: impl Into<String>) -> Self {
        Self {
            loc: loc.to_vec(),
            msg: msg.into(),
            kind,
        }
    }
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            challenge: false,
            retry_after: None,
            detail: Detail::Text(detail.into()),
        }
    }

    /// An answer with this status.
    pub fn with_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, detail)
    }

    /// The request cannot be served now. The client may retry after this many seconds.
    pub fn unavailable(detail: impl Into<String>, retry_after: u32) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// The request cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The request has no key.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "The x-api-key header is missing or empty. Any key is accepted here.",
        )
    }

    /// The request lacks the token. The answer makes a browser ask for a password.
    pub fn token_missing() -> Self {
        Self {
            challenge: true,
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "This server was started with a token. Send it as the API key (x-api-key), as \
                 \"Authorization: Bearer …\", or give it to the browser as the password, with any user name.",
            )
        }
    }

    /// The request is refused for every caller.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// The resource does not exist.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The resource exists, but does not allow this method.
    pub fn method_not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// The body is too large.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The client took too long.
    pub fn timeout(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, detail)
    }

    /// The bodies in progress leave no room for this one.
    pub fn busy() -> Self {
        Self::unavailable(
            "Other requests with large bodies are in progress. Try again in a second.",
            1,
        )
    }

    /// Values of the request are invalid.
    pub fn invalid(invalid: Vec<Invalid>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            challenge: false,
            retry_after: None,
            detail: Detail::Fields(invalid),
        }
    }

    /// The server failed.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("This server failed: {error}"),
        )
    }

    /// The status of the answer.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The detail in one line.
    pub fn message(&self) -> String {
        match &self.detail {
            Detail::Text(text) => text.clone(),
            Detail::Fields(fields) => fields
                .iter()
                .map(|field| field.msg.as_str())
                .collect::<Vec<_>>()
                .join("; "),
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;

        match error.sqlite_error_code() {
            // Another program has locked the file. Clients retry on this status.
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The data file is locked by another program. Try again, or close that program.",
            ),
            _ => Self::internal(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            detail: Detail,
        }
        let mut response = Json(Body {
            detail: self.detail,
        })
        .into_response();
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        if self.challenge {
            let value =
                HeaderValue::from_static("Basic realm=\"xpander-report\", charset=\"UTF-8\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
