use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads seconds, or amounts with their units: `4.7`, `250ms`, `1m 30s`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| "the duration is too long; use seconds, such as 4.7".to_owned()),
        Err(_) => with_units(text),
    }
}

/// Reads amounts with their units: `30d`, `12h`. A day has 24 hours.
pub(crate) fn with_units(text: &str) -> Result<Duration, String> {
    let span = text
        .parse::<Span>()
        .map_err(|_| "give an amount and its unit, such as 30d, 12h, 1m 30s or 250ms".to_owned())?;
    span.to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| {
            "use days or hours: months and years have no fixed length, and a duration cannot be \
             negative"
                .to_owned()
        })
}
