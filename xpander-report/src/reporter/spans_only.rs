//! Stands in for a reporter when a run is only a span.

use once_cell::sync::OnceCell;

use crate::envelope::Envelope;
use crate::envelope::redaction::Redaction;
use crate::reporter::Reporter;
use crate::sink::stats::Stats;
use crate::sink::{Background, Sink, Wanted};
use crate::support::genai_content;

struct SpansOnly {
    redaction: Redaction,
}

/// Discards reports. The environment decides about content.
pub(crate) fn spans_only() -> Reporter {
    static REPORTER: OnceCell<Reporter> = OnceCell::new();
    let reporter = REPORTER.get_or_init(|| {
        let is_off = |variable| {
            let value = std::env::var(variable).unwrap_or_default();
            ["false", "0", "no", "off"]
                .iter()
                .any(|it| value.eq_ignore_ascii_case(it))
        };
        let content = genai_content::is_wanted() && !is_off("XPANDER_REPORT_CAPTURE_CONTENT");
        let redaction = Redaction::new().capture_content(content);
        Reporter::new(SpansOnly {
            redaction: redaction.scrub(!is_off("XPANDER_REPORT_SCRUB")),
        })
    });
    reporter.clone()
}

impl Sink for SpansOnly {
    fn wants(&self, _module: &str, _function: &str) -> Wanted {
        Wanted {
            as_task: true,
            rolled_up: false,
        }
    }

    fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    fn agent_id(&self) -> Option<&str> {
        None
    }

    fn accept(&self, _envelope: Box<Envelope>) {}

    fn count_oversized(&self) {}

    fn stats(&self) -> Stats {
        Stats::default()
    }

    fn background(&self) -> Option<&dyn Background> {
        None
    }
}
