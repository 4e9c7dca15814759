use std::time::{Duration, Instant};

use metrics::{counter, gauge};

use crate::sink::stats::Stats;
use crate::support::own_thread::hooked;

/// How often, at most.
const PAUSE: Duration = Duration::from_millis(100);

/// Gives the stats to the recorder of the crate `metrics` that the program installed. Several reporters add up
/// in the counters; the gauges are those of the one that told last.
#[derive(Default)]
pub(super) struct Meter {
    told: Stats,
    at: Option<Instant>,
    is_behind: bool,
}

impl Meter {
    pub(super) fn publish(&mut self, stats: Stats) {
        let is_soon = self.at.is_some_and(|at| at.elapsed() < PAUSE);
        // That time goes by is no news.
        let age = self.told.oldest_age;
        self.told.oldest_age = stats.oldest_age;
        self.is_behind = is_soon && stats != self.told;
        self.told.oldest_age = age;
        if !is_soon {
            self.tell_rest(stats);
        }
    }

    /// Nothing comes after it.
    pub(super) fn tell_rest(&mut self, stats: Stats) {
        if stats == self.told {
            return;
        }
        self.at = Some(Instant::now());
        // The recorder is somebody's code.
        let told = &self.told;
        hooked(|| record(&stats, told));
        self.told = stats;
    }

    /// When there is something to tell.
    pub(super) fn due(&self) -> Option<Instant> {
        self.at.filter(|_| self.is_behind).map(|at| at + PAUSE)
    }
}

fn record(stats: &Stats, told: &Stats) {
    for (name, count, before) in [
        ("accepted", stats.accepted, told.accepted),
        ("adopted", stats.adopted, told.adopted),
        ("delivered", stats.delivered, told.delivered),
        ("merged", stats.merged, told.merged),
        ("superseded", stats.superseded, told.superseded),
        ("left_out", stats.left_out, told.left_out),
        ("not_spooled", stats.not_spooled, told.not_spooled),
        ("retried", stats.retried, told.retried),
        ("dead", stats.dead, told.dead),
        ("unread", stats.unread, told.unread),
    ] {
        counter!(format!("xpander_report_{name}_total")).increment(count - before);
    }
    let dropped = stats.dropped.since(&told.dropped);
    for (reason, count) in [
        ("queue_full", dropped.queue_full),
        ("no_agent", dropped.no_agent),
        ("shut_down", dropped.shut_down),
        ("expired", dropped.expired),
    ] {
        counter!("xpander_report_dropped_total", "reason" => reason).increment(count);
    }
    let oldest = stats.oldest_age.unwrap_or_default().as_secs_f64();
    gauge!("xpander_report_pending").set(stats.pending as f64);
    gauge!("xpander_report_pending_bytes").set(stats.pending_bytes as f64);
    gauge!("xpander_report_spooled").set(stats.spooled as f64);
    gauge!("xpander_report_oldest_age_seconds").set(oldest);
}
