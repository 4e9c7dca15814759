use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;

use super::links::unmarked;
use super::view::PageProblem;
use crate::http::problem::Problem;

/// Which task a page is about.
#[derive(Debug)]
pub(super) struct TaskKey {
    pub(super) id: String,
    /// `None` means any organization.
    pub(super) organization: Option<String>,
    /// The number of the revision, if the path has one.
    pub(super) number: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for TaskKey {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageProblem> {
        let Path(mut path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        let Query(mut query) = Query::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        Ok(Self {
            id: path.remove("id").map(unmarked).unwrap_or_default(),
            organization: query.remove("organization"),
            number: path.get("number").and_then(|number| number.parse().ok()),
        })
    }
}

pub(super) fn no_task(key: &TaskKey) -> Problem {
    Problem::not_found(match &key.organization {
        Some(organization) => {
            format!(
                "There is no task {:?} in the organization {organization:?}.",
                key.id
            )
        }
        None => format!(
            "There is no task {:?}. It may not have reported yet.",
            key.id
        ),
    })
}
