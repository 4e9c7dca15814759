use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use xpander_report::{ConfigBuilder, SpoolDirectory, SpoolSegment};

use super::finding::{Finding, Outcome, excerpt};
use crate::failure::with_causes;
use crate::text::{count, printable, shorten, utc_time};

/// A larger spool is not read into memory to find the oldest report.
const MAX_READ_BYTES: u64 = 16 << 20;

/// How many agents with waiting reports are named.
const MAX_AGENTS: usize = 5;
const MAX_AGENT_CHARS: usize = 60;

const WAITING: &str = "spooled reports";
const REFUSED: &str = "refused reports";
const DAMAGED: &str = "damaged reports";
const UNREADABLE: &str = "unreadable file";

/// The findings in the spool, if one is configured.
pub(super) fn check(builder: &ConfigBuilder) -> Vec<Finding> {
    let settings = builder.settings();
    let spool = settings.iter().find(|setting| setting.name == "spool");
    let Some(path) = spool.and_then(|setting| setting.value.as_deref()) else {
        return Vec::new();
    };
    match findings(Path::new(path), platform(builder).as_deref()) {
        Ok(findings) => findings,
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![Finding::ok(
            WAITING,
            "none; no program has spooled anything there",
        )],
        Err(error) => vec![
            Finding::skipped(WAITING, format!("the spool cannot be read: {error}"))
                .advise("Run this command as the user that runs the program."),
        ],
    }
}

/// The address of the platform for programs with these settings.
fn platform(builder: &ConfigBuilder) -> Option<String> {
    // The address does not depend on the key.
    let config = builder.clone().api_key("none").build().ok()?;
    Some(config.base_url().to_owned())
}

fn findings(path: &Path, platform: Option<&str>) -> io::Result<Vec<Finding>> {
    let spool = SpoolDirectory::open(path)?;
    let mut findings = vec![waiting(&spool, platform)];
    findings.extend(refused(&spool));
    findings.extend(wrong(&spool));
    Ok(findings)
}

fn waiting(spool: &SpoolDirectory, platform: Option<&str>) -> Finding {
    let segments = spool.segments().flatten();
    let segments: Vec<_> = segments.filter(|segment| segment.waiting > 0).collect();
    let agents = agents(spool, &segments);
    let Some(since) = oldest(agents.as_deref(), &segments) else {
        return Finding::ok(WAITING, "none");
    };
    let waiting = number(&segments, |_| true);
    let wait = count(waiting, "report waits", "reports wait");
    let oldest = if waiting == 1 { "" } else { "the oldest " };
    let mut says = format!("{wait}, {oldest}since {since}");
    if let Some(agents) = &agents {
        says.push_str(&by_agent(agents));
    }

    let is_ours =
        |segment: &SpoolSegment| platform.is_some() && segment.platform.as_deref() == platform;
    let is_elsewhere = |segment: &SpoolSegment| {
        platform.is_some() && segment.platform.is_some() && !is_ours(segment)
    };
    let is_left = |segment: &SpoolSegment| is_ours(segment) && !segment.is_in_use;
    let mut advice = String::new();
    if let Some(other) = segments.iter().find(|segment| is_elsewhere(segment)) {
        let elsewhere = count(number(&segments, is_elsewhere), "is", "are");
        let other = other.platform.as_deref().unwrap_or_default();
        advice.push_str(&format!("{elsewhere} for another platform, {other}. "));
    }
    let left = number(&segments, is_left);
    if left > 0 {
        let left = count(left, "is", "are");
        advice.push_str(&format!(
            "{left} in files that no running program uses; `xpander-report spool drain` delivers \
             them. "
        ));
    }
    advice.push_str("See `xpander-report spool list`.");
    Finding::new(WAITING, Outcome::Note, says).advise(advice)
}

/// The number of waiting reports in the segments that match.
fn number(segments: &[SpoolSegment], is_meant: impl Fn(&SpoolSegment) -> bool) -> usize {
    let meant = segments.iter().filter(|segment| is_meant(segment));
    meant.map(|segment| segment.waiting).sum()
}

/// The waiting reports of an agent.
struct Waiting {
    agent: String,
    reports: usize,
    oldest: SystemTime,
}

/// The agents with waiting reports, the longest wait first. Empty if the spool is too large to read.
fn agents(spool: &SpoolDirectory, segments: &[SpoolSegment]) -> Option<Vec<Waiting>> {
    let bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    if bytes > MAX_READ_BYTES {
        return None;
    }
    let mut agents = HashMap::<String, Waiting>::new();
    for report in spool.waiting().flatten() {
        let agent = report.report.agent_id.unwrap_or_default();
        let waiting = agents.entry(agent.clone()).or_insert(Waiting {
            agent,
            reports: 0,
            oldest: report.accepted_at,
        });
        waiting.reports += 1;
        waiting.oldest = waiting.oldest.min(report.accepted_at);
    }
    let mut agents: Vec<_> = agents.into_values().collect();
    agents.sort_by_key(|waiting| waiting.oldest);
    Some(agents)
}

/// When the oldest report in these segments was accepted. `None` if it has been delivered in the meantime.
fn oldest(agents: Option<&[Waiting]>, segments: &[SpoolSegment]) -> Option<String> {
    match agents {
        Some(agents) => agents.first().map(|waiting| utc(waiting.oldest)),
        None => {
            let first = segments.iter().map(|segment| segment.created_at).min()?;
            Some(format!("about {}", utc(first)))
        }
    }
}

/// The number of waiting reports of each agent, and the time of the oldest.
fn by_agent(agents: &[Waiting]) -> String {
    let name =
        |waiting: &Waiting| shorten(&printable(&waiting.agent), MAX_AGENT_CHARS).into_owned();
    if let [only] = agents {
        return format!("; agent: {}", name(only));
    }
    let shown = agents.iter().take(MAX_AGENTS).map(|waiting| {
        let since = utc(waiting.oldest);
        format!("{} of {} since {since}", waiting.reports, name(waiting))
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    match agents.len().saturating_sub(MAX_AGENTS) {
        0 => format!("; {shown}"),
        others => format!("; {shown}, and others of {others} more agents"),
    }
}

fn refused(spool: &SpoolDirectory) -> Option<Finding> {
    let letters = spool.dead_letters().flatten();
    let (number, newest) =
        letters.fold((0, None), |(number, _), letter| (number + 1, Some(letter)));
    let newest = newest?;
    let refused = count(number, "report was refused", "reports were refused");
    let last = if number == 1 { "" } else { "the last " };
    let says = format!(
        "{refused}, {last}at {}: {}",
        utc(newest.refused_at),
        excerpt(&newest.reason)
    );
    let advice = "See `xpander-report spool show --dead`; after you fix the cause, \
                  `xpander-report spool retry-dead` sends them again.";
    Some(Finding::new(REFUSED, Outcome::Note, says).advise(advice))
}

/// The problems with the spool's files.
fn wrong(spool: &SpoolDirectory) -> Vec<Finding> {
    let unreadable = spool.segments().filter_map(Result::err);
    let unreadable = unreadable.chain(spool.dead_letters().filter_map(Result::err));
    let unreadable = unreadable.chain(spool.damaged().filter_map(Result::err));
    let unreadable = unreadable.map(|file| {
        Finding::wrong(
            UNREADABLE,
            with_causes(&file),
            "The reports in this file are not delivered. Change its owner to the user that runs \
             the program, or delete it.",
        )
    });
    let mut wrong: Vec<_> = unreadable.collect();
    let damaged = spool.damaged().flatten().count();
    if damaged > 0 {
        let files = count(damaged, "file was", "files were");
        let says = format!("{files} set aside");
        let advice = "See `xpander-report spool recover --show`; without --show it recovers the \
                      reports.";
        wrong.push(Finding::new(DAMAGED, Outcome::Note, says).advise(advice));
    }
    wrong
}

fn utc(at: SystemTime) -> String {
    format!("{} UTC", utc_time(at))
}
