use std::mem;

use http::HeaderMap;
use reqwest::{Body, Response, ResponseBuilderExt};

use super::CatchResponses;
use super::body::CaughtBody;
use crate::run::handle::TaskHandle;

impl CatchResponses {
    /// The same answer, with its body copied for the run.
    pub(super) fn pass(answer: Response, task: &TaskHandle) -> Response {
        let status = answer.status().as_u16();
        let Some(copying) = Self::catch(task, status, text_of(answer.headers())) else {
            return answer;
        };
        // The URL is no part of an `http::Response`; `reqwest` takes it from this extension.
        let mut with_url = http::response::Builder::new().url(answer.url().clone());
        let (mut head, body) = http::Response::<Body>::from(answer).into_parts();
        if let Some(url) = with_url.extensions_mut() {
            head.extensions.extend(mem::take(url));
        }
        let body = Body::wrap(CaughtBody::new(body, Some(copying)));
        Response::from(http::Response::from_parts(head, body))
    }
}

/// The text of a header.
pub(super) fn text_of<'a>(
    headers: &'a HeaderMap,
) -> impl Fn(&'static str) -> Option<&'a str> + use<'a> {
    move |name| headers.get(name)?.to_str().ok()
}
