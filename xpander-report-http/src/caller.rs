//! The caller of a request, and the id in its path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::path::{LOCAL, Organization};
use crate::problem::Problem;

/// The caller of the API: it has an API key and acts for an organization.
#[derive(Debug)]
pub struct Caller {
    /// The organization's id.
    pub organization: String,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let carries = |name: &str| parts.headers.get(name).is_some_and(|key| !key.is_empty());
        if !carries("x-api-key") && !carries("authorization") {
            return Err(Problem::unauthorized());
        }
        let organization = parts
            .extensions
            .get::<Organization>()
            .map_or_else(|| LOCAL.to_owned(), |organization| organization.0.clone());
        Ok(Self { organization })
    }
}

/// The id in the path, decoded.
#[derive(Debug)]
pub struct Id(
    /// The id.
    pub String,
);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(rejection) => Err(Problem::bad_request(rejection.body_text())),
        }
    }
}
