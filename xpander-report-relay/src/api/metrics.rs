//! The state as Prometheus text, version 0.0.4 of the format.

use std::fmt::Write;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::status::Status;

const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<App>) -> Response {
    let text = text(&app.status().await);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

/// The text of an exposition.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    /// Begins a metric.
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP xpander_relay_{name} {help}"));
        self.line(format_args!("# TYPE xpander_relay_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let mut written = String::new();
        for (label, text) in labels {
            let comma = if written.is_empty() { "" } else { "," };
            let _ = write!(written, "{comma}{label}=\"{}\"", escaped(text));
        }
        match written.is_empty() {
            true => self.line(format_args!("xpander_relay_{name} {value}")),
            false => self.line(format_args!("xpander_relay_{name}{{{written}}} {value}")),
        }
    }

    /// A metric with one sample.
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.begin(name, kind, help);
        self.sample(name, &[], value);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn text(status: &Status) -> String {
    let mut out = Exposition::default();
    out.begin(
        "info",
        "gauge",
        "The relay and the platform that it forwards to.",
    );
    let labels = [
        ("relay", &*status.relay),
        ("version", &*status.version),
        ("forwards_to", &*status.forwards_to),
    ];
    out.sample("info", &labels, 1);
    for (name, help, value) in [
        ("accepted_total", "Reports accepted.", status.accepted),
        (
            "adopted_total",
            "Reports that an earlier process left.",
            status.adopted,
        ),
        (
            "delivered_total",
            "Reports that the platform accepted.",
            status.delivered,
        ),
        (
            "merged_total",
            "Reports merged into a newer report of the same task.",
            status.merged,
        ),
        (
            "superseded_total",
            "Reports superseded by a newer report of the same task.",
            status.superseded,
        ),
        (
            "retried_total",
            "Failed attempts that are retried.",
            status.retried,
        ),
        (
            "dead_lettered_total",
            "Reports that the platform permanently refused.",
            status.dead_lettered,
        ),
        (
            "dead_letters_dropped_total",
            "Dead letters deleted to make room.",
            status.dead_letters_dropped,
        ),
    ] {
        out.one(name, "counter", help, value);
    }
    for (name, help, counts) in [
        (
            "refused_total",
            "Reports that were not accepted.",
            &status.refused,
        ),
        (
            "dropped_total",
            "Reports dropped before delivery.",
            &status.dropped,
        ),
    ] {
        out.begin(name, "counter", help);
        for (reason, count) in counts {
            out.sample(name, &[("reason", reason)], count);
        }
    }
    for (name, help, value) in [
        ("waiting", "Reports that wait for delivery.", status.waiting),
        (
            "dead_letters",
            "Dead letters that are kept.",
            status.dead_letters as u64,
        ),
        (
            "in_flight",
            "Requests in progress.",
            status.in_flight as u64,
        ),
        (
            "forwarding",
            "Whether this relay process delivers the waiting reports.",
            u64::from(status.is_forwarding),
        ),
        (
            "platform_breaker_open",
            "Whether only probes are sent to the platform.",
            u64::from(status.is_platform_away),
        ),
        (
            "key_refused",
            "Whether the platform refuses the key.",
            u64::from(status.is_key_refused),
        ),
        (
            "agent_breakers_open",
            "Agents for which only probes are sent, at most 100.",
            status.failing_agents.len() as u64,
        ),
    ] {
        out.one(name, "gauge", help, value);
    }
    out.one(
        "oldest_seconds",
        "gauge",
        "Age of the oldest waiting report.",
        status.oldest_seconds.unwrap_or_default(),
    );
    out.begin(
        "agent_waiting",
        "gauge",
        "Reports waiting for an agent for which only probes are sent.",
    );
    for agent in &status.failing_agents {
        out.sample(
            "agent_waiting",
            &[("agent", &agent.agent_id)],
            agent.waiting,
        );
    }
    if let Some(stream) = &status.stream {
        for (name, help, value) in [
            (
                "stream_bytes",
                "Bytes of the waiting reports in the stream.",
                stream.bytes,
            ),
            (
                "stream_max_bytes",
                "Maximum size of the stream in bytes.",
                stream.max_bytes,
            ),
            (
                "stream_replicas",
                "Servers that keep each report.",
                stream.replicas as u64,
            ),
            (
                "parked",
                "Reports of failing agents in the second stream.",
                stream.parked,
            ),
            (
                "parked_bytes",
                "Bytes of the parked reports.",
                stream.parked_bytes,
            ),
        ] {
            out.one(name, "gauge", help, value);
        }
        out.begin(
            "agent_parked",
            "gauge",
            "Parked reports by agent, of at most 100 agents.",
        );
        for agent in &stream.parked_agents {
            out.sample("agent_parked", &[("agent", &agent.agent_id)], agent.waiting);
        }
    }
    if let Some(forwarder) = &status.forwarder {
        out.begin(
            "forwarder",
            "gauge",
            "The relay that delivers the waiting reports.",
        );
        out.sample("forwarder", &[("relay", forwarder)], 1);
    }
    const TIMES: &str = "request_duration_seconds";
    out.begin(TIMES, "histogram", "How long the platform took to answer.");
    let bucket = format!("{TIMES}_bucket");
    for (bound, count) in &status.request_seconds {
        out.sample(&bucket, &[("le", &bound.to_string())], count);
    }
    out.sample(&bucket, &[("le", "+Inf")], status.requests);
    out.sample(&format!("{TIMES}_sum"), &[], status.request_seconds_sum);
    out.sample(&format!("{TIMES}_count"), &[], status.requests);
    out.0
}
