//! What merging promises, whatever the reports and whatever the order.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;
use crate::report::tokens::Tokens;

/// A report, and whether it is delivered before the others, and where it comes in another order.
#[derive(Debug, Clone)]
struct Drawn {
    report: TaskReport,
    is_delivered: bool,
    place: u32,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let text = || prop::option::of(prop::sample::select(vec!["", "one", "two"]));
    let raw = prop::sample::select(vec![None, Some("null"), Some("[1]"), Some("{}")]);
    let seconds = [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY];
    let tools = prop::sample::select(vec![vec![], vec!["search"], vec!["search", "read"]]);
    let fields = (
        text(),
        text(),
        raw,
        prop::option::of(0..3_u64),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::sample::select(seconds.to_vec())),
        tools,
        prop::sample::select(vec!["agent", "other"]),
    );
    (fields, any::<bool>(), any::<u32>()).prop_map(|(fields, is_delivered, place)| {
        let (input, result, raw, tokens, is_success, seconds, tools, agent) = fields;
        let mut report = TaskReport::new().agent_id(agent).used_tools(tools);
        report.input = input.map(str::to_owned);
        report.result = result.map(str::to_owned);
        let raw = raw.map(|raw| serde_json::value::RawValue::from_string(raw.to_owned()));
        report.llm_response = raw.map(|raw| raw.expect("JSON"));
        report.tokens = tokens.map(|count| Tokens::new(count, 1));
        report.is_success = is_success;
        report.duration = seconds;
        Drawn {
            report,
            is_delivered,
            place,
        }
    })
}

/// The reports in the order in which they were made.
fn outgoing(drawn: &[Drawn]) -> Vec<Outgoing> {
    let reports = drawn.iter().zip(1..);
    let reports = reports.map(|(drawn, at)| at_place(drawn.report.clone(), at));
    reports.collect()
}

fn at_place(report: TaskReport, at: u64) -> Outgoing {
    let id = TaskId::from("task".to_owned());
    Outgoing::new(report, id, true, Sequence::from((at, 0, 0)))
}

fn merged(reports: impl IntoIterator<Item = Outgoing>) -> Option<Outgoing> {
    reports.into_iter().reduce(|mut merged, report| {
        merged.merge(report);
        merged
    })
}

/// All that can be told of a report.
fn shown(outgoing: &Outgoing) -> String {
    let body = serde_json::to_string(&outgoing.report).expect("JSON");
    format!("{} {body} {:?}", outgoing.agent_id(), outgoing.stamps)
}

/// What the platform has after it took the one and then the other: it takes each for the newest.
fn then(has: Outgoing, sent: Outgoing) -> Outgoing {
    let at = |outgoing: Outgoing, at| at_place(outgoing.report, at);
    merged([at(has, 1), at(sent, 2)]).expect("two")
}

fn body(outgoing: &Outgoing) -> (String, String) {
    let body = serde_json::to_string(&outgoing.report).expect("JSON");
    (outgoing.agent_id().to_owned(), body)
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn merging_does_not_depend_on_order_or_grouping(drawn in prop::collection::vec(drawn(), 1..7), split in any::<prop::sample::Index>()) {
        let reports = outgoing(&drawn);
        let expected = shown(&merged(reports.clone()).expect("one at least"));

        let mut shuffled: Vec<_> = reports.iter().zip(&drawn).collect();
        shuffled.sort_by_key(|(_, drawn)| drawn.place);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(report, _)| report.clone()).collect();
        prop_assert_eq!(&shown(&merged(shuffled.clone()).expect("one at least")), &expected);

        let (left, right) = shuffled.split_at(split.index(shuffled.len()));
        let groups = [merged(right.to_vec()), merged(left.to_vec())];
        let grouped = merged(groups.into_iter().flatten()).expect("one at least");
        prop_assert_eq!(&shown(&grouped), &expected);
    }

    #[test]
    fn a_report_that_is_merged_again_changes_nothing(drawn in prop::collection::vec(drawn(), 1..7), again in any::<prop::sample::Index>()) {
        let reports = outgoing(&drawn);
        let once = merged(reports.clone()).expect("one at least");
        let mut twice = once.clone();
        twice.merge(reports[again.index(reports.len())].clone());
        prop_assert_eq!(shown(&twice), shown(&once));
        twice.merge(once.clone());
        prop_assert_eq!(shown(&twice), shown(&once));
    }

    #[test]
    fn late_reports_give_the_platform_the_merge_of_all_reports(drawn in prop::collection::vec(drawn(), 1..7)) {
        let reports = outgoing(&drawn);
        let expected = merged(reports.clone()).expect("one at least");
        let (delivered, late): (Vec<_>, Vec<_>) =
            reports.into_iter().zip(&drawn).partition(|(_, drawn)| drawn.is_delivered);
        let of = |reports: Vec<(Outgoing, _)>| merged(reports.into_iter().map(|(report, _)| report));
        let has = match (of(delivered), of(late)) {
            (Some(has), Some(late)) => match late.beneath(&has.delivered()) {
                Some(sent) => {
                    let mut knows = has.delivered();
                    knows.merge(&sent.delivered());
                    let mut together = expected.delivered();
                    together.merge(&knows);
                    prop_assert_eq!(format!("{knows:?}"), format!("{together:?}"));
                    then(has, sent)
                }
                None => has,
            },
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => unreachable!("there is one at least"),
        };
        // What is 0 and what is not known are the same to the platform, if it had something before.
        let (mut has, mut expected) = (has, expected);
        if !expected.stamps.says(ReportField::Duration) {
            has.report.duration = None;
            expected.report.duration = None;
        }
        prop_assert_eq!(body(&has), body(&expected));
    }
}
