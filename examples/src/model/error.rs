//! Errors in the form in which OpenAI's API gives them.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error to answer a request with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
    param: Option<Cow<'static, str>>,
    code: Option<&'static str>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            param: None,
            code: None,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Names the parameter of the request that is at fault.
    pub(super) fn param(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: Detail,
        }

        #[derive(Serialize)]
        struct Detail {
            message: String,
            r#type: &'static str,
            param: Option<Cow<'static, str>>,
            code: Option<&'static str>,
        }

        let error = Detail {
            message: self.message,
            r#type: "invalid_request_error",
            param: self.param,
            code: self.code,
        };
        (self.status, Json(Body { error })).into_response()
    }
}
