//! Formats numbers and times for people.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::zone;

/// A time in this machine's time zone.
#[derive(Debug)]
pub(super) struct Moment {
    /// For machines.
    pub(super) iso: String,
    /// For a column of many.
    pub(super) short: String,
    /// With date and time zone.
    pub(super) full: String,
}

/// A clock that reads the machine's time zone once for a whole page.
#[derive(Debug)]
pub(super) struct Clock {
    now: Zoned,
}

impl Clock {
    pub(super) fn local() -> Self {
        Self::new(Timestamp::now(), zone::zone())
    }

    fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self {
            now: now.to_zoned(zone),
        }
    }

    pub(super) fn moment(&self, time: Timestamp) -> Moment {
        let zoned = time.to_zoned(self.now.time_zone().clone());
        let format = if zoned.date() == self.now.date() {
            "%H:%M:%S"
        } else if zoned.year() == self.now.year() {
            "%b %-d, %H:%M"
        } else {
            "%Y-%m-%d"
        };
        Moment {
            iso: time.to_string(),
            short: text(format, &zoned),
            full: text("%Y-%m-%d %H:%M:%S %Z", &zoned),
        }
    }
}

fn text(format: &str, zoned: &Zoned) -> String {
    strtime::format(format, zoned).unwrap_or_else(|_| zoned.to_string())
}

/// `2140` as `2,140`.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        grouped.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Like [`count`], for an unsigned number.
pub(super) fn whole(number: u64) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// `2300000.0` as `2.3 M`; exact below ten thousand.
pub(super) fn compact(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    if number.abs() < 10_000.0 {
        return count(number as i64);
    }
    if number.abs() >= 1e15 {
        return format!("{number:.1e}");
    }
    // Half a last digit below a unit rounds up to it.
    let unit = UNITS
        .into_iter()
        .find(|(size, _)| number.abs() >= size * 0.99995);
    unit.map_or_else(
        || count(number as i64),
        |(size, unit)| format!("{:.1} {unit}", number / size),
    )
}

/// The share of `part` in `whole`, rounded down: `100 %` means all.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if part == whole {
        return "100 %".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Seconds as `350 ms`, `4.7 s`, `2 m 05 s`, `3 h 12 m`.
pub(super) fn duration(seconds: f64) -> String {
    if !(0.0..1e9).contains(&seconds) {
        format!("{seconds:.3e} s")
    } else if seconds < 0.000_5 {
        "< 1 ms".to_owned()
    } else if seconds < 0.999_5 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
        if hours == 0 {
            format!("{minutes} m {seconds:02} s")
        } else {
            format!("{hours} h {minutes:02} m")
        }
    }
}

/// `None` for an unknown duration, which clients send as 0.
pub(super) fn known_duration(seconds: Option<f64>) -> Option<String> {
    seconds.filter(|seconds| *seconds != 0.0).map(duration)
}

/// Dollars, with as many digits as a small sum needs.
pub(super) fn dollars(dollars: f64) -> String {
    match dollars {
        0.0 => "$ 0".to_owned(),
        0.0..0.000_1 => "< $ 0.0001".to_owned(),
        0.0..1.0 => format!("$ {dollars:.4}"),
        _ => format!("$ {dollars:.2}"),
    }
}

/// Bytes as `312 bytes`, `84 KB`, `1.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1000 => format!("{bytes} bytes"),
        1000..999_500 => format!("{:.0} KB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(2140), "2,140");
        assert_eq!(count(-1_234_567), "−1,234,567");
        assert_eq!(count(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn sums_are_short() {
        assert_eq!(compact(9_999.0), "9,999");
        assert_eq!(compact(10_000.0), "10.0 k");
        assert_eq!(compact(999_960.0), "1.0 M");
        assert_eq!(compact(2_345_678.0), "2.3 M");
        assert_eq!(compact(9.2e18), "9.2e18");
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(percent(10_000, 10_000), "100 %");
        assert_eq!(percent(9_999, 10_000), "99.9 %");
        assert_eq!(percent(0, 3), "0.0 %");
    }

    #[test]
    fn durations_keep_a_useful_precision() {
        assert_eq!(duration(1e-7), "< 1 ms");
        assert_eq!(duration(0.35), "350 ms");
        assert_eq!(duration(0.999_6), "1.0 s");
        assert_eq!(duration(4.74), "4.7 s");
        assert_eq!(duration(59.96), "1 m 00 s");
        assert_eq!(duration(11_520.0), "3 h 12 m");
        assert_eq!(duration(-2.0), "-2.000e0 s");
    }

    #[test]
    fn sizes_round_into_the_next_unit() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(84_200), "84 KB");
        assert_eq!(size(999_700), "1.0 MB");
    }

    #[test]
    fn times_say_as_much_as_the_day_needs() {
        let now: Timestamp = "2026-03-05T12:00:00Z".parse().unwrap();
        let clock = Clock::new(now, TimeZone::UTC);
        let short = |time: &str| clock.moment(time.parse().unwrap()).short;
        assert_eq!(short("2026-03-05T09:04:11Z"), "09:04:11");
        assert_eq!(short("2026-03-04T09:04:11Z"), "Mar 4, 09:04");
        assert_eq!(short("2025-03-05T09:04:11Z"), "2025-03-05");
    }
}
