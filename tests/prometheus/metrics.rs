//! A parser of the Prometheus text format reads the metrics of a relay.

use std::collections::{HashMap, HashSet};

use prometheus_parse::{Scrape, Value};
use tempfile::TempDir;
use xpander_report_relay::Relay;
use xpander_report_tests::raw::send;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{config, until};

const HEADERS: [(&str, &str); 2] = [("host", "localhost"), ("x-api-key", "any")];

/// An agent with characters in its name that must be escaped.
const ODD: &str = "a\"b\\c\nd";

#[test]
fn every_line_is_read_and_says_what_is() {
    let server = Server::start(|_, request| match request.line.contains("/a%22b") {
        true => Answer::json(500, r#"{"detail":"broken"}"#),
        false => Answer::task(),
    });
    let dir = TempDir::new().unwrap();
    let upstream = config(server.url());
    let relay = Relay::builder(upstream, dir.path())
        .port(0)
        .start()
        .unwrap();
    let report = |agent: &str, body: &str| {
        let line = format!("POST /agent-execution/{agent}/report_task");
        send(relay.address(), &line, &HEADERS, body.as_bytes()).status
    };
    for number in 0..20 {
        assert_eq!(report("good", &format!(r#"{{"id":"good-{number}"}}"#)), 200);
        let odd: String = ODD.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(report(&odd, &format!(r#"{{"id":"odd-{number}"}}"#)), 200);
    }
    assert_eq!(report("good", "no JSON"), 422);
    let metrics = || send(relay.address(), "GET /metrics", &HEADERS, b"").body;
    until(|| metrics().contains("xpander_relay_agent_breakers_open 1\n"));
    until(|| metrics().contains("xpander_relay_delivered_total 20\n"));

    let text = metrics();
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let is_sample = |line: &&str| !line.starts_with('#') && !line.is_empty();
    let histogram = |line: &&str| line.contains("_duration_seconds_bucket");
    let written = text.lines().filter(is_sample);
    let (buckets, others): (Vec<_>, Vec<_>) = written.partition(histogram);
    let (histograms, read): (Vec<_>, Vec<_>) = scrape
        .samples
        .iter()
        .partition(|sample| matches!(sample.value, Value::Histogram(_)));
    assert_eq!(read.len(), others.len(), "a line is not read: {text}");
    let [Value::Histogram(counts)] = &histograms
        .iter()
        .map(|it| it.value.clone())
        .collect::<Vec<_>>()[..]
    else {
        panic!("one histogram: {text}");
    };
    assert_eq!(counts.len(), buckets.len());
    assert!(counts.is_sorted_by(|a, b| a.less_than < b.less_than && a.count <= b.count));
    assert!(counts.last().unwrap().less_than.is_infinite());

    // Each metric is described once, and no sample occurs twice.
    let described: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let names: HashSet<_> = described
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names.len(), described.len());
    assert!(
        scrape
            .samples
            .iter()
            .all(|sample| names.iter().any(|name| sample.metric.starts_with(*name)))
    );
    let lines: Vec<_> = text.lines().filter(is_sample).collect();
    assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len());

    let value = |name: &str| {
        let sample = read
            .iter()
            .find(|sample| sample.metric == name)
            .expect(name);
        match sample.value {
            Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => value,
            _ => panic!("{name} is no number"),
        }
    };
    let known: HashMap<_, _> = [
        ("xpander_relay_accepted_total", 40.0),
        ("xpander_relay_delivered_total", 20.0),
        ("xpander_relay_waiting", 20.0),
        ("xpander_relay_agent_breakers_open", 1.0),
        ("xpander_relay_info", 1.0),
    ]
    .into();
    for (name, expected) in known {
        assert_eq!(value(name), expected, "{name}");
    }
    let waiting = read
        .iter()
        .find(|sample| sample.metric == "xpander_relay_agent_waiting")
        .unwrap();
    let agent = waiting.labels.get("agent").unwrap();
    assert!(
        agent == ODD
            || agent
                == ODD
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\n', "\\n"),
        "{agent}"
    );
}
