use std::time::{Duration, Instant};

use metrics::{counter, gauge};

use crate::sink::stats::Stats;
use crate::support::suppress::call_hook;

/// How often, at most.
const PAUSE: Duration = Duration::from_millis(100);

/// Gives the stats to the recorder of the crate `metrics` that the program installed. Several reporters add up
/// in the counters; the gauges are those of the one that recorded last.
#[derive(Default)]
pub(super) struct Metrics {
    recorded: Stats,
    at: Option<Instant>,
    is_behind: bool,
}

impl Metrics {
    pub(super) fn record(&mut self, stats: Stats) {
        let is_soon = self.at.is_some_and(|at| at.elapsed() < PAUSE);
        // A change of the oldest report's age alone does not count as a change.
        let age = self.recorded.oldest_age;
        self.recorded.oldest_age = stats.oldest_age;
        self.is_behind = is_soon && stats != self.recorded;
        self.recorded.oldest_age = age;
        if !is_soon {
            self.record_rest(stats);
        }
    }

    /// Nothing comes after it.
    pub(super) fn record_rest(&mut self, stats: Stats) {
        if stats == self.recorded {
            return;
        }
        self.at = Some(Instant::now());
        // The recorder is somebody's code.
        let recorded = &self.recorded;
        call_hook(|| add(&stats, recorded));
        self.recorded = stats;
    }

    /// When there is something to tell.
    pub(super) fn due(&self) -> Option<Instant> {
        self.at.filter(|_| self.is_behind).map(|at| at + PAUSE)
    }
}

fn add(stats: &Stats, recorded: &Stats) {
    for (name, count, before) in [
        ("accepted", stats.accepted, recorded.accepted),
        ("adopted", stats.adopted, recorded.adopted),
        ("delivered", stats.delivered, recorded.delivered),
        ("merged", stats.merged, recorded.merged),
        ("superseded", stats.superseded, recorded.superseded),
        ("sampled_out", stats.sampled_out, recorded.sampled_out),
        ("not_spooled", stats.not_spooled, recorded.not_spooled),
        ("retried", stats.retried, recorded.retried),
        ("dead_lettered", stats.dead_lettered, recorded.dead_lettered),
        (
            "dead_letters_dropped",
            stats.dead_letters_dropped,
            recorded.dead_letters_dropped,
        ),
        ("oversized", stats.oversized, recorded.oversized),
    ] {
        counter!(format!("xpander_report_{name}_total")).increment(count - before);
    }
    let dropped = stats.dropped.since(&recorded.dropped);
    for (reason, count) in [
        ("queue_full", dropped.queue_full),
        ("no_agent", dropped.no_agent),
        ("shut_down", dropped.shut_down),
        ("expired", dropped.expired),
        ("purged", dropped.purged),
    ] {
        counter!("xpander_report_dropped_total", "reason" => reason).increment(count);
    }
    let oldest = stats.oldest_age.unwrap_or_default().as_secs_f64();
    gauge!("xpander_report_pending").set(stats.pending as f64);
    gauge!("xpander_report_pending_bytes").set(stats.pending_bytes as f64);
    gauge!("xpander_report_spooled").set(stats.spooled as f64);
    gauge!("xpander_report_oldest_age_seconds").set(oldest);
}
