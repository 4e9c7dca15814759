//! The relay's name, by which it knows itself.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use xpander_report::relay::RELAY_HEADER;
use xpander_report_http::problem::Problem;

use crate::app::App;

const RELAY: HeaderName = HeaderName::from_static(RELAY_HEADER);

/// Refuses what this relay has sent itself, and names the relay in every answer.
pub(crate) async fn name(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_report = request.uri().path().ends_with("/report_task");
    let is_own = request
        .headers()
        .get_all(RELAY)
        .iter()
        .any(|name| name.as_bytes() == app.name.as_bytes());
    let mut response = if is_own {
        Problem::with_status(
            StatusCode::LOOP_DETECTED,
            "This relay forwards to itself: its XPANDER_BASE_URL points back to it.",
        )
        .into_response()
    } else {
        next.run(request).await
    };
    if is_report && !response.status().is_success() {
        app.refusals.add(response.status());
    }
    if let Ok(name) = HeaderValue::from_str(&app.name) {
        response.headers_mut().insert(RELAY, name);
    }
    response
}
