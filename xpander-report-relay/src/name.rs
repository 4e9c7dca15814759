//! The relay's name, by which it knows itself, and what was refused.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use xpander_report::relay::RELAY_HEADER;
use xpander_report_http::problem::Problem;

use crate::app::App;

const RELAY: HeaderName = HeaderName::from_static(RELAY_HEADER);

/// Why reports were refused, and with which status.
pub(crate) const REASONS: [(&str, &[u16]); 8] = [
    ("token", &[401]),
    ("not_allowed", &[403]),
    ("invalid", &[400, 422]),
    ("too_large", &[413]),
    ("too_slow", &[408]),
    ("unavailable", &[503]),
    ("loop", &[508]),
    ("other", &[]),
];

/// How many reports were refused, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; REASONS.len()]);

impl Refusals {
    fn add(&self, status: StatusCode) {
        let is_it = |(_, statuses): &(&str, &[u16])| statuses.contains(&status.as_u16());
        let at = REASONS.iter().position(is_it);
        if let Some(count) = self.0.get(at.unwrap_or(REASONS.len() - 1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        REASONS.iter().map(|(reason, _)| *reason).zip(counts)
    }
}

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
            "This relay forwards to itself: the address of its platform (XPANDER_BASE_URL) leads back to it.",
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
