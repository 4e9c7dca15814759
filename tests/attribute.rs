//! What `#[external_task]` makes of a call: input, result, success, failure, and its keys.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use xpander_report::testing::Recorder;
use xpander_report::{Agent, Reporter, TaskReport, Tokens, current_task, external_task};

fn record<T>(run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    let mut reports = recorder.take();
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

fn record_async<T>(run: impl Future<Output = T>) -> TaskReport {
    record(|| smol::block_on(run))
}

fn outcome(report: &TaskReport) -> (bool, Option<&str>) {
    (report.is_success.unwrap(), report.result.as_deref())
}

#[derive(Debug)]
struct Outer(Inner);
#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model was not reached")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl Error for Inner {}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(serde::Serialize, Clone)]
struct Order {
    id: u32,
    note: String,
}

fn order() -> Order {
    Order {
        id: 7,
        note: "fast".into(),
    }
}

mod outcomes {
    use super::*;

    #[test]
    fn ok_is_success_with_the_value() {
        #[external_task]
        async fn run(text: &str) -> Result<String, Outer> {
            Ok(text.to_uppercase())
        }
        let report = record_async(run("hello"));
        assert_eq!(outcome(&report), (true, Some("HELLO")));
        assert_eq!(report.input.as_deref(), Some("hello"));
        assert!(report.duration.unwrap() >= 0.0);
    }

    #[test]
    fn err_is_failure_with_the_error_and_its_sources() {
        #[external_task]
        async fn run() -> Result<String, Outer> {
            Err(Outer(Inner))
        }
        let report = record_async(run());
        let reason = "the model was not reached: connection refused";
        assert_eq!(outcome(&report), (false, Some(reason)));
    }

    #[test]
    fn the_question_mark_and_an_early_return_are_reported() {
        #[external_task]
        fn question_mark(number: &str) -> Result<u32, std::num::ParseIntError> {
            let number: u32 = number.parse()?;
            Ok(number + 1)
        }
        #[external_task]
        async fn early(number: u32) -> Result<&'static str, String> {
            if number > 1 {
                return Err("too many".to_owned());
            }
            Ok("few")
        }
        let reason = "invalid digit found in string";
        assert_eq!(
            outcome(&record(|| question_mark("x"))),
            (false, Some(reason))
        );
        assert_eq!(outcome(&record(|| question_mark("1"))), (true, Some("2")));
        assert_eq!(outcome(&record_async(early(2))), (false, Some("too many")));
        assert_eq!(outcome(&record_async(early(1))), (true, Some("few")));
    }

    #[test]
    fn the_type_decides_and_not_its_spelling() {
        type Answer = Result<String, String>;
        #[external_task]
        fn alias() -> Answer {
            Err("aliased".into())
        }
        #[external_task]
        fn io() -> std::io::Result<()> {
            Err(std::io::Error::other("disk"))
        }
        #[external_task]
        fn any() -> anyhow::Result<u8> {
            Err(anyhow::anyhow!("low").context("high"))
        }
        #[external_task]
        fn boxed() -> Result<(), Box<dyn Error>> {
            Err(Outer(Inner).into())
        }
        #[external_task]
        fn boxed_send() -> Result<(), Box<dyn Error + Send + Sync>> {
            Err(Outer(Inner).into())
        }
        #[external_task]
        fn boxed_only_send() -> Result<(), Box<dyn Error + Send>> {
            Err(Box::new(Outer(Inner)))
        }
        struct Opaque;
        #[external_task]
        fn opaque() -> Result<(), Opaque> {
            Err(Opaque)
        }
        let chain = "the model was not reached: connection refused";
        assert_eq!(outcome(&record(alias)), (false, Some("aliased")));
        assert_eq!(outcome(&record(io)), (false, Some("disk")));
        assert_eq!(outcome(&record(any)), (false, Some("high: low")));
        assert_eq!(outcome(&record(boxed)), (false, Some(chain)));
        assert_eq!(outcome(&record(boxed_send)), (false, Some(chain)));
        assert_eq!(outcome(&record(boxed_only_send)), (false, Some(chain)));
        let report = record(opaque);
        let (success, reason) = outcome(&report);
        assert!(
            !success && reason.unwrap().ends_with("::Opaque>"),
            "{reason:?}"
        );
    }

    #[test]
    fn what_is_no_result_is_success() {
        #[external_task]
        fn option(some: bool) -> Option<String> {
            some.then(|| "there".to_owned())
        }
        #[external_task]
        fn unit() {}
        #[external_task]
        fn list() -> Vec<u32> {
            vec![1, 2]
        }
        assert_eq!(outcome(&record(|| option(true))), (true, Some("there")));
        assert_eq!(outcome(&record(|| option(false))), (true, None));
        assert_eq!(outcome(&record(unit)), (true, None));
        assert_eq!(outcome(&record(list)), (true, Some("[1,2]")));
    }

    #[test]
    fn a_panic_is_reported_and_goes_on() {
        #[external_task]
        fn sync(number: u32) -> u32 {
            assert!(number < 3, "{number} is too many");
            number
        }
        #[external_task]
        async fn later() {
            smol::future::yield_now().await;
            panic!("later");
        }
        let report = record(|| {
            let panic = catch_unwind(|| sync(7)).unwrap_err();
            assert_eq!(panic.downcast_ref::<String>().unwrap(), "7 is too many");
        });
        assert_eq!(outcome(&report), (false, Some("panicked: 7 is too many")));
        let report = record(|| {
            catch_unwind(AssertUnwindSafe(|| smol::block_on(later()))).unwrap_err();
        });
        assert_eq!(outcome(&report), (false, Some("panicked: later")));
    }

    #[test]
    fn a_dropped_future_is_reported_as_cancelled() {
        #[external_task]
        async fn run(text: &str, said: bool) {
            if said {
                current_task().result("half of it");
            }
            std::future::pending::<()>().await;
        }
        for (said, result) in [(false, "cancelled"), (true, "cancelled: half of it")] {
            let report = record(|| {
                let mut run = pin!(run("x", said));
                let mut context = Context::from_waker(Waker::noop());
                assert!(run.as_mut().poll(&mut context).is_pending());
            });
            assert_eq!(outcome(&report), (false, Some(result)));
            let said = format!(r#"{{"text":"x","said":{said}}}"#);
            assert_eq!(report.input.as_deref(), Some(said.as_str()));
        }
    }

    #[test]
    fn a_run_dropped_while_something_else_panics_is_cancelled_and_not_blamed() {
        #[external_task]
        async fn run() {
            std::future::pending::<()>().await;
        }
        let report = record(|| {
            catch_unwind(|| {
                let mut run = pin!(run());
                let mut context = Context::from_waker(Waker::noop());
                assert!(run.as_mut().poll(&mut context).is_pending());
                panic!("somebody else's");
            })
            .unwrap_err();
        });
        assert_eq!(outcome(&report), (false, Some("cancelled")));
    }

    #[test]
    fn a_future_that_is_never_polled_reports_nothing() {
        #[external_task]
        async fn run() {}
        #[external_task]
        fn boxed() -> Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(async {})
        }
        let recorder = Recorder::new();
        recorder.in_scope(|| {
            drop(run());
            drop(boxed());
        });
        assert!(recorder.take().is_empty());
    }

    #[test]
    fn a_function_that_returns_a_future_ends_with_the_future() {
        #[external_task]
        fn opaque(text: &str) -> impl Future<Output = Result<String, String>> + Send + '_ {
            let length = text.len();
            async move { Err(format!("{length} characters")) }
        }
        #[external_task]
        fn boxed(text: String) -> Pin<Box<dyn Future<Output = String> + Send>> {
            let loud = text.to_uppercase();
            Box::pin(async move { loud })
        }
        let report = record_async(async { opaque("four").await });
        assert_eq!(outcome(&report), (false, Some("4 characters")));
        assert_eq!(report.input.as_deref(), Some("four"));
        assert_eq!(
            outcome(&record_async(async { boxed("x".into()).await })),
            (true, Some("X"))
        );
    }

    #[test]
    fn a_future_is_followed_however_its_type_is_spelled() {
        type Output = Result<u8, String>;
        async fn fail() -> Output {
            Err("later".into())
        }
        #[external_task]
        fn pinned_impl() -> Pin<Box<impl Future<Output = Output>>> {
            Box::pin(fail())
        }
        #[external_task]
        #[allow(unused_parens, reason = "grouped types are the point")]
        fn grouped() -> Pin<Box<(dyn Future<Output = Output> + Send + 'static)>> {
            Box::pin(fail())
        }
        #[external_task]
        fn boxed_unpin() -> Box<dyn Future<Output = Output> + Unpin> {
            Box::new(Box::pin(fail()))
        }
        #[external_task]
        fn opaque_unpin() -> impl Future<Output = Output> + Unpin {
            Box::pin(fail())
        }
        let reports = [
            record_async(async { pinned_impl().await }),
            record_async(async { grouped().await }),
            record_async(async { boxed_unpin().await }),
            record_async(async { opaque_unpin().await }),
        ];
        for report in &reports {
            assert_eq!(outcome(report), (false, Some("later")));
        }
    }

    #[test]
    fn what_a_function_does_before_its_future_is_a_part_of_its_run() {
        #[external_task]
        fn inner(fail: bool) -> Pin<Box<dyn Future<Output = ()>>> {
            current_task().used_tool("before");
            assert!(!fail, "before there is a future");
            Box::pin(async {
                current_task().used_tool("inside");
            })
        }
        #[external_task(skip_all)]
        async fn outer(fail: bool) {
            inner(fail).await;
        }
        let recorder = Recorder::new();
        smol::block_on(recorder.scope(outer(false)));
        let reports = recorder.take();
        assert_eq!(reports[0].used_tools, ["before", "inside"]);
        assert!(reports[1].used_tools.is_empty());

        recorder.in_scope(|| catch_unwind(|| drop(inner(true))).unwrap_err());
        let report = &recorder.take()[0];
        let reason = "panicked: before there is a future";
        assert_eq!(outcome(report), (false, Some(reason)));
        assert_eq!(report.used_tools, ["before"]);
    }

    #[test]
    fn a_function_that_never_returns_compiles_and_its_panic_is_reported() {
        #[external_task]
        fn never() -> ! {
            panic!("the end")
        }
        #[external_task]
        async fn never_async() -> ! {
            panic!("the end")
        }
        let report = record(|| catch_unwind(|| never()).is_err());
        assert_eq!(outcome(&report), (false, Some("panicked: the end")));
        let report =
            record(|| catch_unwind(|| smol::block_on(async { never_async().await })).is_err());
        assert_eq!(outcome(&report), (false, Some("panicked: the end")));
    }
}

mod functions {
    use super::*;

    struct Agent {
        name: String,
        calls: u32,
    }

    impl Agent {
        #[external_task]
        async fn ask(&self, question: &str) -> String {
            format!("{} on {question}", self.name)
        }

        #[external_task]
        fn count(&mut self) -> Result<&mut u32, String> {
            self.calls += 1;
            Ok(&mut self.calls)
        }

        #[external_task]
        fn name(&self) -> &str {
            &self.name
        }

        #[external_task]
        async fn into_name(self) -> String {
            self.name
        }
    }

    fn agent() -> Agent {
        Agent {
            name: "Ada".into(),
            calls: 0,
        }
    }

    #[test]
    fn methods_report_without_self() {
        let report = record_async(agent().ask("life"));
        assert_eq!(report.input.as_deref(), Some("life"));
        assert_eq!(report.result.as_deref(), Some("Ada on life"));
        let mut agent = agent();
        assert_eq!(
            record(|| *agent.count().unwrap() += 1).result.as_deref(),
            Some("1")
        );
        assert_eq!(agent.calls, 2);
        assert_eq!(record(|| agent.name().len()).result.as_deref(), Some("Ada"));
        assert_eq!(
            record_async(agent.into_name()).result.as_deref(),
            Some("Ada")
        );
    }

    #[test]
    fn generic_functions_use_the_bounds_that_are_written_on_them() {
        #[external_task]
        fn shown<T: fmt::Debug>(value: T) -> T {
            value
        }
        #[external_task]
        fn unknown<T>(value: T) -> T {
            value
        }
        #[external_task]
        async fn hidden(items: impl Iterator<Item = u32>) -> impl fmt::Display {
            items.sum::<u32>()
        }
        let report = record(|| shown(vec!["a"]));
        assert_eq!(report.input.as_deref(), Some(r#"["a"]"#));
        assert_eq!(record(|| unknown(7_u8)).input.as_deref(), Some("<u8>"));
        assert_eq!(
            record_async(hidden([1, 2].into_iter())).result.as_deref(),
            Some("3")
        );
    }

    #[test]
    fn patterns_are_captured_by_the_names_they_bind() {
        #[external_task]
        fn run((a, b): (u32, u32), Order { id, .. }: Order, [first, ..]: [char; 2], _: u8) -> u32 {
            a + b + id + first as u32
        }
        let report = record(|| run((1, 2), order(), ['x', 'y'], 9));
        assert_eq!(
            report.input.as_deref(),
            Some(r#"{"a":1,"b":2,"id":7,"first":"x"}"#)
        );
    }

    #[test]
    fn futures_stay_send() {
        #[external_task]
        async fn run(cell: std::cell::Cell<u32>, text: &str) -> u32 {
            smol::future::yield_now().await;
            cell.get() + text.len() as u32
        }
        fn assert_send<T: Send>(it: T) -> T {
            it
        }
        assert_eq!(smol::block_on(assert_send(run(1.into(), "ab"))), 3);
    }

    #[test]
    fn trait_implementations_are_instrumented() {
        trait Model {
            fn ask(&self, question: String) -> impl Future<Output = String> + Send;
            #[external_task]
            fn name(&self) -> &'static str {
                "default"
            }
        }
        struct Echo;
        impl Model for Echo {
            #[external_task]
            async fn ask(&self, question: String) -> String {
                question
            }
        }
        assert_eq!(
            record_async(Echo.ask("x".into())).result.as_deref(),
            Some("x")
        );
        assert_eq!(record(|| Echo.name()).result.as_deref(), Some("default"));
    }

    #[test]
    fn recursion_reports_each_run() {
        #[external_task]
        fn down(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
            Box::pin(async move { if n == 0 { 0 } else { down(n - 1).await + 1 } })
        }
        let recorder = Recorder::new();
        smol::block_on(recorder.scope(async { assert_eq!(down(3).await, 3) }));
        let results: Vec<_> = recorder
            .take()
            .into_iter()
            .map(|r| r.result.unwrap())
            .collect();
        assert_eq!(results, ["0", "1", "2", "3"]);
    }
}

mod input {
    use super::*;

    #[test]
    fn no_argument_is_null_one_is_itself_and_several_are_an_object() {
        #[external_task]
        fn none() {}
        #[external_task]
        fn text(text: Option<&str>) {}
        #[external_task]
        fn structure(order: &Order) {}
        #[external_task]
        fn several(order: &Order, question: &str, bytes: &[u8], r#type: Option<u8>) {}
        assert_eq!(record(none).input, None);
        assert_eq!(record(|| text(Some("bare"))).input.as_deref(), Some("bare"));
        assert_eq!(record(|| text(None)).input, None);
        let one = record(|| structure(&order()));
        assert_eq!(one.input.as_deref(), Some(r#"{"id":7,"note":"fast"}"#));
        let report = record(|| several(&order(), "wh\"y", b"abc", None));
        assert_eq!(
            report.input.as_deref(),
            Some(
                r#"{"order":{"id":7,"note":"fast"},"question":"wh\"y","bytes":"<3 bytes>","type":null}"#
            )
        );
    }

    #[test]
    #[allow(unused_variables, reason = "what is captured is what counts here")]
    fn arguments_can_be_skipped_or_listed() {
        #[external_task(skip(key, r#type))]
        fn skip(question: &str, key: &str, r#type: u8) {}
        #[external_task(skip_all)]
        fn skip_all(question: &str) {}
        #[external_task(input(question, type))]
        fn only(question: &str, key: &str, r#type: u8) {}
        assert_eq!(
            record(|| skip("q", "secret", 1)).input.as_deref(),
            Some("q")
        );
        assert_eq!(record(|| skip_all("q")).input, None);
        let report = record(|| only("q", "secret", 1));
        assert_eq!(
            report.input.as_deref(),
            Some(r#"{"question":"q","type":1}"#)
        );
    }

    #[test]
    fn an_expression_can_stand_for_the_input() {
        #[external_task(input = format!("order {}", order.id))]
        fn run(order: Order) -> String {
            order.note
        }
        assert_eq!(record(|| run(order())).input.as_deref(), Some("order 7"));
    }

    #[test]
    fn the_input_is_taken_before_the_body_changes_it() {
        #[external_task]
        fn run(mut text: String) -> String {
            text.push('!');
            text
        }
        let report = record(|| run("x".into()));
        assert_eq!(report.input.as_deref(), Some("x"));
        assert_eq!(report.result.as_deref(), Some("x!"));
    }

    #[test]
    fn a_capture_that_fails_or_panics_costs_its_field_and_not_the_call() {
        struct Bomb;
        impl fmt::Debug for Bomb {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("boom")
            }
        }
        #[external_task]
        fn run(bomb: Bomb, map: HashMap<(u8, u8), u8>, text: &str) -> Bomb {
            bomb
        }
        let report = record(|| run(Bomb, HashMap::from([((1, 2), 3)]), "x"));
        let input: serde_json::Value =
            serde_json::from_str(&report.input.clone().unwrap()).unwrap();
        assert_eq!(input["bomb"], serde_json::Value::Null);
        assert!(
            input["map"]
                .as_str()
                .unwrap()
                .contains("key must be a string")
        );
        assert_eq!(input["text"], "x");
        assert_eq!(outcome(&report), (true, None));
    }
}

mod keys {
    use super::*;

    struct Answer {
        text: String,
        tools: Vec<String>,
        raw: serde_json::Value,
        refused: bool,
    }

    fn answer() -> Answer {
        Answer {
            text: "42".into(),
            tools: vec!["search".into()],
            raw: serde_json::json!({"id": "r"}),
            refused: true,
        }
    }

    impl Answer {
        fn usage(&self) -> Tokens {
            Tokens::new(7, 3)
        }
    }

    #[external_task(
        agent_id = format!("agent-{}", order.id),
        id = order.note.as_str(),
        input(question),
        result = |a| &a.text,
        llm_response = |a: &Answer| a.raw.clone(),
        tokens = Answer::usage,
        used_tools = |a| &a.tools,
        is_success = |a| !a.refused,
        error = |e: &String| format!("public: {}", e.len()),
    )]
    async fn everything(order: &Order, question: &str) -> Result<Answer, String> {
        if question.is_empty() {
            return Err("secret".into());
        }
        Ok(answer())
    }

    #[test]
    fn every_field_can_be_taken_from_the_value() {
        let report = record_async(everything(&order(), "why"));
        assert_eq!(report.agent_id.as_deref(), Some("agent-7"));
        assert_eq!(report.id.as_deref(), Some("fast"));
        assert_eq!(report.input.as_deref(), Some("why"));
        assert_eq!(outcome(&report), (false, Some("42")));
        assert_eq!(report.llm_response.unwrap().get(), r#"{"id":"r"}"#);
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.used_tools, ["search"]);
    }

    #[test]
    fn the_error_key_stands_for_the_error() {
        let report = record_async(everything(&order(), ""));
        assert_eq!(outcome(&report), (false, Some("public: 6")));
        assert_eq!(report.tokens, None);
    }

    #[test]
    fn extractors_work_on_a_plain_value_too() {
        #[external_task(result = |a| a.text.len(), tokens = |a| a.usage())]
        fn run() -> Answer {
            answer()
        }
        let report = record(run);
        assert_eq!(outcome(&report), (true, Some("2")));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
    }

    #[test]
    fn tokens_that_are_not_known_stay_open() {
        #[external_task(tokens = |known: &bool| known.then(|| Tokens::new(7, 3)))]
        fn run(known: bool) -> bool {
            known
        }
        assert_eq!(record(|| run(true)).tokens, Some(Tokens::new(7, 3)));
        assert_eq!(record(|| run(false)).tokens, None);
    }

    #[test]
    fn an_agent_may_be_given_by_its_record() {
        #[external_task(agent_id = agent, skip_all)]
        fn run(agent: &Agent) {}
        let agent: Agent = serde_json::from_str(r#"{"id":"loaded"}"#).unwrap();
        assert_eq!(record(|| run(&agent)).agent_id.as_deref(), Some("loaded"));
    }

    #[test]
    fn a_key_that_panics_costs_its_field_and_not_the_call() {
        #[external_task(
            id = panic_now(),
            result = |_: &u8| panic_now(),
            tokens = |_| -> Tokens { panic!("tokens") },
        )]
        fn run() -> u8 {
            7
        }
        fn panic_now() -> String {
            panic!("a key")
        }
        let report = record(|| assert_eq!(run(), 7));
        assert_eq!(report.id.unwrap().len(), 36);
        assert_eq!(
            (report.is_success, report.result, report.tokens),
            (Some(true), None, None)
        );
    }

    #[test]
    fn a_reporter_that_panics_costs_the_report_and_not_the_call() {
        #[external_task(reporter = no_reporter())]
        fn run() -> u8 {
            7
        }
        fn no_reporter() -> Reporter {
            panic!("no reporter")
        }
        let recorder = Recorder::new();
        assert_eq!(recorder.in_scope(run), 7);
        assert!(recorder.take().is_empty());
    }

    #[test]
    fn a_reporter_can_be_given_and_goes_before_the_scope() {
        struct Service {
            reporter: Reporter,
        }
        impl Service {
            #[external_task(reporter = &self.reporter)]
            async fn run(&mut self, text: &str) -> usize {
                text.len()
            }
        }
        let (given, scope) = (Recorder::new(), Recorder::new());
        let mut service = Service {
            reporter: given.reporter(),
        };
        smol::block_on(scope.scope(service.run("four")));
        assert_eq!(given.take()[0].result.as_deref(), Some("4"));
        assert!(scope.take().is_empty());
    }

    #[test]
    fn the_crates_path_can_be_given() {
        mod library {
            pub mod reexported {
                pub use xpander_report;
            }
        }
        #[external_task(crate = library::reexported::xpander_report)]
        fn run() -> u8 {
            1
        }
        assert_eq!(record(run).result.as_deref(), Some("1"));
    }

    #[test]
    fn nothing_is_evaluated_when_nobody_listens() {
        #[external_task(reporter = Reporter::off(), id = unreachable(), result = |_| unreachable())]
        fn run() -> u8 {
            7
        }
        fn unreachable() -> String {
            std::process::abort()
        }
        assert_eq!(run(), 7);
    }
}

mod recorder {
    use super::*;

    #[external_task]
    async fn echo(text: &str) -> String {
        smol::future::yield_now().await;
        text.to_owned()
    }

    #[test]
    fn scopes_that_run_side_by_side_do_not_mix() {
        let (a, b) = (Recorder::new(), Recorder::new());
        smol::block_on(smol::future::zip(a.scope(echo("a")), b.scope(echo("b"))));
        assert_eq!(a.take()[0].result.as_deref(), Some("a"));
        assert_eq!(b.take()[0].result.as_deref(), Some("b"));
    }

    #[test]
    fn scopes_nest() {
        let (outer, inner) = (Recorder::new(), Recorder::new());
        smol::block_on(outer.scope(async {
            echo("before").await;
            inner.scope(echo("inside")).await;
            echo("after").await;
        }));
        let results = |recorder: &Recorder| -> Vec<_> {
            recorder
                .take()
                .into_iter()
                .map(|report| report.result.unwrap())
                .collect()
        };
        assert_eq!(results(&outer), ["before", "after"]);
        assert_eq!(results(&inner), ["inside"]);
    }

    #[test]
    fn take_gives_what_would_be_sent_and_leaves_nothing() {
        let recorder = Recorder::new();
        recorder
            .reporter()
            .report(TaskReport::new().id("x").input("i"));
        let reports = recorder.take();
        assert_eq!(
            serde_json::to_string(&reports[0]).unwrap(),
            r#"{"id":"x","input":"i","llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#
        );
        assert!(recorder.take().is_empty());
    }

    #[test]
    fn follows_what_is_spawned_if_it_is_told_to() {
        let recorder = Recorder::new();
        {
            let _everywhere = recorder.everywhere();
            std::thread::spawn(|| smol::block_on(echo("spawned")))
                .join()
                .unwrap();
            let scoped = Recorder::new();
            smol::block_on(scoped.scope(echo("scoped")));
            assert_eq!(scoped.take().len(), 1);
        }
        std::thread::spawn(|| smol::block_on(echo("after")))
            .join()
            .unwrap();
        let mut results = recorder
            .take()
            .into_iter()
            .filter_map(|report| report.result);
        assert!(results.any(|result| result == "spawned"));
        assert!(!results.any(|result| result == "scoped" || result == "after"));
    }

    #[test]
    fn records_what_a_future_does_while_it_is_dropped() {
        struct Leaving;
        impl Drop for Leaving {
            fn drop(&mut self) {
                smol::block_on(echo("leaving"));
            }
        }
        let recorder = Recorder::new();
        let leaving = Leaving;
        let mut run = Box::pin(recorder.scope(async move {
            let _leaving = leaving;
            std::future::pending::<()>().await;
        }));
        assert!(smol::block_on(smol::future::poll_once(run.as_mut())).is_none());
        drop(run);
        assert_eq!(recorder.take()[0].result.as_deref(), Some("leaving"));
    }

    #[test]
    fn a_scope_ends_with_a_panic() {
        let recorder = Recorder::new();
        catch_unwind(AssertUnwindSafe(|| recorder.in_scope(|| panic!("test")))).unwrap_err();
        assert!(Reporter::current().is_none());
    }
}

mod locks {
    use std::sync::{Arc, Mutex, RwLock};

    use super::*;

    #[external_task]
    fn one(history: &Mutex<Vec<&str>>) {}

    #[external_task]
    fn several(history: Arc<RwLock<u8>>, count: usize) {}

    #[test]
    fn that_the_caller_holds_are_not_waited_for() {
        let history = Mutex::new(vec!["secret"]);
        let held = history.lock().unwrap();
        let report = record(|| one(&history));
        assert!(report.input.unwrap().contains("locked"));
        drop(held);

        let history = Arc::new(RwLock::new(7));
        let held = history.write().unwrap();
        let report = record(|| several(Arc::clone(&history), 1));
        assert!(report.input.unwrap().contains("locked"));
        drop(held);
    }
}

#[test]
fn a_test_of_a_panic_needs_no_assertion_of_unwind_safety() {
    #[external_task]
    fn explodes() {
        panic!("boom");
    }
    let recorder = Recorder::new();
    let caught = std::panic::catch_unwind(|| recorder.in_scope(explodes));
    assert!(caught.is_err());
    assert_eq!(recorder.take()[0].result.as_deref(), Some("panicked: boom"));
}

mod a_result_inside_another {
    use super::*;

    type Spawned<T> = Result<Result<T, String>, fmt::Error>;

    #[external_task]
    fn spawned(ok: bool) -> Spawned<u8> {
        Ok(if ok { Ok(7) } else { Err("down".to_owned()) })
    }

    #[external_task]
    fn three(text: &str) -> Result<Spawned<usize>, Outer> {
        match text {
            "outer" => Err(Outer(Inner)),
            "middle" => Ok(Err(fmt::Error)),
            "inner" => Ok(Ok(Err("inner".to_owned()))),
            text => Ok(Ok(Ok(text.len()))),
        }
    }

    #[external_task]
    fn optional(found: Option<bool>) -> Option<Result<u8, String>> {
        found.map(|ok| if ok { Ok(7) } else { Err("down".to_owned()) })
    }

    #[external_task]
    fn borrowed(cached: &Result<u8, String>) -> &Result<u8, String> {
        cached
    }

    #[external_task]
    fn boxed() -> Box<Result<u8, String>> {
        Box::new(Err("down".to_owned()))
    }

    #[test]
    fn decides_by_the_innermost() {
        assert_eq!(outcome(&record(|| spawned(true))), (true, Some("7")));
        assert_eq!(outcome(&record(|| spawned(false))), (false, Some("down")));
        let why = |text| record(|| three(text).is_ok());
        let chain = "the model was not reached: connection refused";
        assert_eq!(outcome(&why("outer")), (false, Some(chain)));
        assert!(!why("middle").is_success.unwrap());
        assert_eq!(outcome(&why("inner")), (false, Some("inner")));
        assert_eq!(outcome(&why("four")), (true, Some("4")));
        assert_eq!(outcome(&record(|| optional(None))), (true, None));
        assert_eq!(outcome(&record(|| optional(Some(true)))), (true, Some("7")));
        assert_eq!(
            outcome(&record(|| optional(Some(false)))),
            (false, Some("down"))
        );
        let cached = Err("cached".to_owned());
        assert_eq!(
            outcome(&record(|| borrowed(&cached).is_ok())),
            (false, Some("cached"))
        );
        assert_eq!(outcome(&record(boxed)), (false, Some("down")));
    }

    #[test]
    fn is_told_by_its_type_where_a_key_tells_the_outer_error() {
        #[external_task(error = |_: &fmt::Error| "public")]
        fn run(inner: bool) -> Spawned<u8> {
            if inner {
                Ok(Err("secret".to_owned()))
            } else {
                Err(fmt::Error)
            }
        }
        assert_eq!(outcome(&record(|| run(false))), (false, Some("public")));
        let name = "<alloc::string::String>";
        assert_eq!(outcome(&record(|| run(true))), (false, Some(name)));
    }
}

mod reasons {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn an_error_that_can_be_cloned_tells_its_sources() {
        #[external_task]
        fn shared() -> Result<(), Arc<anyhow::Error>> {
            Err(Arc::new(anyhow::anyhow!("low").context("high")))
        }
        #[external_task]
        fn boxed() -> Result<(), Arc<Box<dyn Error + Send + Sync>>> {
            Err(Arc::new(Box::new(Outer(Inner))))
        }
        assert_eq!(outcome(&record(shared)), (false, Some("high: low")));
        let chain = "the model was not reached: connection refused";
        assert_eq!(outcome(&record(boxed)), (false, Some(chain)));
    }

    #[test]
    fn an_error_that_is_its_own_source_ends() {
        #[derive(Debug)]
        struct Circle(std::sync::atomic::AtomicU8);
        impl fmt::Display for Circle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "{}",
                    self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                )
            }
        }
        impl Error for Circle {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        #[external_task]
        fn run() -> Result<(), Circle> {
            Err(Circle(0.into()))
        }
        let reason = record(|| run().is_err()).result.unwrap();
        assert!(reason.starts_with("0: 1: 2: "), "{reason}");
        assert!(reason.ends_with(": 64"), "{reason}");
    }

    #[test]
    fn an_error_goes_before_the_result_that_was_set() {
        #[external_task]
        fn set() -> Result<u8, String> {
            current_task().result("half of it");
            Err("the model is down".to_owned())
        }
        #[external_task]
        fn failed() -> Result<u8, String> {
            current_task().fail("said by hand");
            Err("the model is down".to_owned())
        }
        #[external_task(error = |_: &String| "public")]
        fn keyed() -> Result<u8, String> {
            current_task().result("half of it");
            Err("secret".to_owned())
        }
        assert_eq!(
            outcome(&record(set)),
            (false, Some("the model is down: half of it"))
        );
        assert_eq!(outcome(&record(failed)), (false, Some("said by hand")));
        assert_eq!(outcome(&record(keyed)), (false, Some("public: half of it")));
    }
}

mod values {
    use super::*;
    use std::collections::BTreeMap;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex, RwLock};

    use serde::{Serialize, Serializer};

    fn captured<T>(value: T) -> String
    where
        T: Send,
        Recorded<T>: Record,
    {
        Recorded(value).record()
    }

    struct Recorded<T>(T);
    trait Record {
        fn record(self) -> String;
    }

    macro_rules! recorded {
        ($($type:ty),* $(,)?) => {$(
            impl Record for Recorded<$type> {
                fn record(self) -> String {
                    #[external_task]
                    fn given(value: $type) {}
                    let value = self.0;
                    record(|| given(value)).input.unwrap_or_default()
                }
            }
        )*};
    }

    /// Text in another crate's type: it has all that such types have.
    #[derive(Clone, Debug)]
    struct Id(u8);
    impl fmt::Display for Id {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "id-{}", self.0)
        }
    }
    impl AsRef<[u8]> for Id {
        fn as_ref(&self) -> &[u8] {
            std::slice::from_ref(&self.0)
        }
    }

    /// A header's name: text first.
    #[derive(Debug)]
    struct Name(&'static str);
    impl AsRef<str> for Name {
        fn as_ref(&self) -> &str {
            self.0
        }
    }
    impl AsRef<[u8]> for Name {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    /// A buffer that serialises, as `bytes::Bytes` does with its feature `serde`.
    #[derive(Clone)]
    struct Picture(Vec<u8>);
    impl Serialize for Picture {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    #[derive(Serialize)]
    struct Shape {
        name: &'static str,
        picture: Picture,
    }

    #[derive(Serialize, Debug)]
    struct Account {
        name: &'static str,
        scores: BTreeMap<(u8, u8), u8>,
        #[serde(skip)]
        #[allow(dead_code)]
        key: &'static str,
    }

    fn account(score: bool) -> Account {
        let scores = if score {
            BTreeMap::from([((1, 2), 3)])
        } else {
            BTreeMap::new()
        };
        Account {
            name: "Ada",
            scores,
            key: "hidden",
        }
    }

    #[derive(Serialize)]
    enum Mode {
        Fast,
    }

    recorded! {
        Id, Option<Id>, Name, bytes::Bytes, Option<bytes::Bytes>, Picture, Shape, Mode,
        Arc<Shape>, Option<Arc<Shape>>, Arc<str>,
        Account, Arc<Mutex<Account>>, RwLock<Account>,
        f64, Option<f32>,
    }

    #[test]
    fn text_in_types_of_other_crates_is_text() {
        assert_eq!(captured(Id(7)), "id-7");
        assert_eq!(captured(Some(Id(7))), "id-7");
        assert_eq!(captured(None::<Id>), "");
        assert_eq!(captured(Name("accept")), "accept");
        assert_eq!(captured(Mode::Fast), "Fast");
    }

    #[test]
    fn buffers_are_counted_wherever_they_are() {
        assert_eq!(captured(bytes::Bytes::from_static(b"abc")), "<3 bytes>");
        assert_eq!(
            captured(Some(bytes::Bytes::from_static(b"abc"))),
            "<3 bytes>"
        );
        assert_eq!(captured(Picture(vec![1; 20])), "<20 bytes>");
        let shape = Shape {
            name: "x",
            picture: Picture(vec![1; 20]),
        };
        assert_eq!(captured(shape), r#"{"name":"x","picture":"<20 bytes>"}"#);
    }

    #[test]
    fn shared_pointers_are_what_they_point_to() {
        let shape = || {
            Arc::new(Shape {
                name: "x",
                picture: Picture(vec![]),
            })
        };
        let json = r#"{"name":"x","picture":"<0 bytes>"}"#;
        assert_eq!(captured(shape()), json);
        assert_eq!(captured(Some(shape())), json);
        assert_eq!(captured(Arc::<str>::from("x")), "x");
        #[external_task]
        fn response() -> Rc<serde_json::Value> {
            Rc::new(serde_json::json!({
                "choices": [{"message": {"role": "assistant", "content": "hey"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 2},
            }))
        }
        let report = record(response);
        assert_eq!(report.result.as_deref(), Some("hey"));
        assert_eq!(report.tokens, Some(Tokens::new(5, 2)));
    }

    #[test]
    fn what_a_type_hides_from_its_json_never_leaves() {
        assert_eq!(captured(account(false)), r#"{"name":"Ada","scores":{}}"#);
        let failed = captured(account(true));
        assert!(failed.contains("key must be a string"), "{failed}");
        assert!(!failed.contains("hidden"), "{failed}");
        let json = r#"{"name":"Ada","scores":{}}"#;
        assert_eq!(captured(Arc::new(Mutex::new(account(false)))), json);
        assert_eq!(captured(RwLock::new(account(false))), json);
        let poisoned = Arc::new(Mutex::new(account(false)));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = poisoned.lock();
            panic!("while it is held");
        }));
        assert!(panicked.is_err());
        assert_eq!(captured(poisoned), json);
    }

    #[test]
    fn numbers_that_json_does_not_have_are_shown() {
        assert_eq!(captured(f64::NAN), "NaN");
        assert_eq!(captured(f64::NEG_INFINITY), "-inf");
        assert_eq!(captured(1.5_f64), "1.5");
        assert_eq!(captured(Some(f32::INFINITY)), "inf");
        assert_eq!(captured(None::<f32>), "");
        #[external_task]
        fn two(a: f32, b: f32) {}
        let report = record(|| two(f32::NAN, 1.5));
        assert_eq!(report.input.as_deref(), Some(r#"{"a":"NaN","b":1.5}"#));
    }

    #[test]
    fn capturing_stops_at_32_mebibytes() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);
        const PIECE: usize = 1 << 20;

        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let piece = "x".repeat(PIECE);
                serializer.collect_seq((0..256).map(|_| {
                    WRITTEN.fetch_add(1, Ordering::Relaxed);
                    piece.as_str()
                }))
            }
        }
        impl fmt::Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("it serialises")
            }
        }
        struct Chatty;
        impl fmt::Debug for Chatty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let piece = "x".repeat(PIECE);
                (0..256).try_for_each(|_| {
                    WRITTEN.fetch_add(1, Ordering::Relaxed);
                    f.write_str(&piece)
                })
            }
        }
        #[external_task]
        fn json(value: &Endless) {
            current_task().llm_response(value);
        }
        #[external_task]
        fn debug(value: &Chatty, more: u8) -> String {
            "y".repeat(40 << 20)
        }
        let report = record(|| json(&Endless));
        assert!(WRITTEN.swap(0, Ordering::Relaxed) < 2 * 40);
        let input = report.input.unwrap();
        assert!(
            input.starts_with(r#"{"truncated":true,"bytes":"at least 335"#),
            "{}",
            &input[..80]
        );
        assert!(input.len() < 2 << 20, "`max_bytes` cuts what is left");
        let response = report.llm_response.unwrap();
        assert!(
            response.get().contains("at least"),
            "{}",
            &response.get()[..80]
        );

        let report = record(|| debug(&Chatty, 1));
        assert!(WRITTEN.load(Ordering::Relaxed) < 40);
        assert!(report.input.unwrap().contains("at least "));
        assert!(report.result.unwrap().ends_with("… [41943040 bytes]"));
    }
}

mod ids {
    use super::*;

    #[test]
    fn may_be_optional() {
        #[external_task(id = id, agent_id = agent.map(|agent| format!("agent-{agent}")))]
        fn run(id: Option<&str>, agent: Option<u8>) {}
        let report = record(|| run(Some("own"), Some(7)));
        assert_eq!(report.id.as_deref(), Some("own"));
        assert_eq!(report.agent_id.as_deref(), Some("agent-7"));
        let report = record(|| run(None, None));
        assert_eq!(report.id.unwrap().len(), 36);
        assert_eq!(report.agent_id, None);
    }
}
