use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::http::problem::Problem;

/// An error page.
#[derive(Debug)]
pub(super) struct PageProblem(Problem);

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    message: &'a str,
}

impl<P: Into<Problem>> From<P> for PageProblem {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::BAD_REQUEST => "No such address",
            _ => "Something failed",
        };
        match render(&ProblemPage {
            title,
            message: &self.0.message(),
        }) {
            Ok(page) => (status, page).into_response(),
            Err(problem) => problem.0.into_response(),
        }
    }
}

pub(super) fn render(page: &impl Template) -> Result<Html<String>, PageProblem> {
    page.render()
        .map(Html)
        .map_err(|error| PageProblem(Problem::internal(error)))
}
