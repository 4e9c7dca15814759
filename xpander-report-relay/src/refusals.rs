//! What was not accepted.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

/// Why reports were refused, and with which status.
const REASONS: [(&str, &[u16]); 8] = [
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
    pub(crate) fn add(&self, status: StatusCode) {
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
