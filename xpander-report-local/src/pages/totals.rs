use super::format;
use crate::query::figures::Figures;

/// Figures as they are read.
pub(super) struct Shown {
    pub(super) requests: String,
    /// `None` when none did.
    pub(super) failed: Option<String>,
    pub(super) ok: Option<String>,
    pub(super) p50: Option<String>,
    pub(super) p95: Option<String>,
    pub(super) p99: Option<String>,
    pub(super) tool_calls: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) total: String,
}

impl Shown {
    pub(super) fn new(figures: &Figures) -> Self {
        let ended = figures.completed() + figures.failed();
        let duration = |share| figures.duration(share).map(format::duration);
        Self {
            requests: format::whole(figures.requests()),
            failed: (figures.failed() > 0).then(|| format::whole(figures.failed())),
            ok: (ended > 0).then(|| format::percent(figures.completed(), ended)),
            p50: duration(0.5),
            p95: duration(0.95),
            p99: duration(0.99),
            tool_calls: format::whole(figures.tool_calls()),
            input: format::compact(figures.input_tokens()),
            output: format::compact(figures.output_tokens()),
            total: format::compact(figures.total_tokens()),
        }
    }
}
