use super::format;
use crate::model::cost::Cost;
use crate::query::metrics::MetricTotals;

/// Totals as a page shows them.
pub(super) struct FormattedTotals {
    pub(super) requests: String,
    /// `None` when none failed.
    pub(super) failed: Option<String>,
    pub(super) ok: Option<String>,
    pub(super) p50: Option<String>,
    pub(super) p95: Option<String>,
    pub(super) p99: Option<String>,
    pub(super) tool_calls: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) total: String,
    /// `None` when no run has a price.
    pub(super) cost: Option<String>,
    /// How many runs have no price, if any.
    pub(super) unpriced: Option<String>,
}

impl FormattedTotals {
    pub(super) fn new(totals: &MetricTotals) -> Self {
        let ended = totals.completed() + totals.failed();
        let duration = |share| totals.duration_quantile(share).map(format::duration);
        // A free run has a price, but a run without usage has none.
        let is_priced = totals.cost() > Cost::default()
            || totals.unpriced() == 0 && totals.total_tokens() > 0.0;
        Self {
            requests: format::whole(totals.requests()),
            failed: (totals.failed() > 0).then(|| format::whole(totals.failed())),
            ok: (ended > 0).then(|| format::percent(totals.completed(), ended)),
            p50: duration(0.5),
            p95: duration(0.95),
            p99: duration(0.99),
            tool_calls: format::whole(totals.tool_calls()),
            input: format::compact(totals.input_tokens()),
            output: format::compact(totals.output_tokens()),
            total: format::compact(totals.total_tokens()),
            cost: is_priced.then(|| format::dollars(totals.cost().dollars())),
            unpriced: (totals.unpriced() > 0).then(|| format::whole(totals.unpriced())),
        }
    }
}
