//! A range of time in hours of UTC, which the stored sums have.

use std::ops::Range;

use jiff::Timestamp;

use super::rollups::MICROSECONDS_PER_HOUR;
use crate::query::metrics::MetricsQuery;

/// The hour of a time in microseconds.
pub(super) const fn hour(time: i64) -> i64 {
    time.div_euclid(MICROSECONDS_PER_HOUR)
}

/// The start of an hour in microseconds.
pub(super) const fn start(hour: i64) -> i64 {
    hour.saturating_mul(MICROSECONDS_PER_HOUR)
}

/// A range of time in microseconds: `from` is part of it, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Span {
    pub(super) fn of(query: &MetricsQuery) -> Self {
        let all = Self {
            from: start(hour(Timestamp::MIN.as_microsecond()) + 1),
            to: start(hour(Timestamp::MAX.as_microsecond())),
        };
        let edge = |time: Option<Timestamp>, open| time.map_or(open, Timestamp::as_microsecond);
        Self {
            from: edge(query.from, all.from),
            to: edge(query.to, all.to),
        }
    }

    /// The hours that have a part in the range.
    pub(super) const fn touched(self) -> Range<i64> {
        let from = hour(self.from);
        match self.from < self.to {
            true => from..hour_from(self.to),
            false => from..from,
        }
    }

    /// The hours that are in the range from their start to their end.
    pub(super) const fn whole(self) -> Range<i64> {
        hour_from(self.from)..hour(self.to)
    }

    pub(super) fn has_whole(self, hour: i64) -> bool {
        self.whole().contains(&hour)
    }

    /// The part of an hour that is in the range.
    pub(super) fn of_hour(self, hour: i64) -> Self {
        Self {
            from: self.from.max(start(hour)),
            to: self.to.min(start(hour.saturating_add(1))),
        }
    }

    /// The parts before and after the whole hours.
    pub(super) fn edges(self) -> impl Iterator<Item = Self> {
        let touched = self.touched();
        let last = touched.end.saturating_sub(1);
        let first = touched.start;
        let hours = [first].into_iter().chain((last != first).then_some(last));
        hours
            .filter(move |hour| touched.contains(hour) && !self.has_whole(*hour))
            .map(move |hour| self.of_hour(hour))
    }
}

/// The first hour that starts at a time or later.
const fn hour_from(time: i64) -> i64 {
    hour(time) + (time.rem_euclid(MICROSECONDS_PER_HOUR) > 0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: i64 = MICROSECONDS_PER_HOUR / 2;

    fn edges(from: i64, to: i64) -> Vec<(i64, i64)> {
        let edges = Span { from, to }.edges();
        edges.map(|part| (part.from, part.to)).collect()
    }

    #[test]
    fn whole_hours_and_the_edges_make_up_the_range() {
        let span = Span {
            from: HALF,
            to: start(3) + HALF,
        };
        assert_eq!((span.touched(), span.whole()), (0..4, 1..3));
        assert_eq!(
            edges(span.from, span.to),
            [(HALF, start(1)), (start(3), start(3) + HALF)]
        );
        assert_eq!(edges(start(1), start(3)), []);
        assert_eq!(edges(1, HALF), [(1, HALF)]);
        assert_eq!(edges(HALF, HALF), []);
        assert_eq!(edges(start(2), HALF), []);
    }
}
