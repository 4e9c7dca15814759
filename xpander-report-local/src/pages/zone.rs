//! The time zone of the pages: this machine's. A day without a time zone in the address of a page is a day of it.

use jiff::Zoned;
use jiff::tz::TimeZone;

pub(super) fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

/// The name of a time zone, and how far it is from UTC now.
pub(super) fn name(zone: &TimeZone) -> String {
    let now = Zoned::now().with_time_zone(zone.clone());
    match zone.iana_name() {
        Some("UTC" | "Etc/UTC") | None if now.offset().is_zero() => "UTC".to_owned(),
        Some(name) => format!("{name} (UTC{})", now.strftime("%:z")),
        None => format!("UTC{}", now.strftime("%:z")),
    }
}
