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
    #[external_task(reporter = Reporter::disabled(), id = unreachable(), result = |_| unreachable())]
    fn run() -> u8 {
        7
    }
    fn unreachable() -> String {
        std::process::abort()
    }
    assert_eq!(run(), 7);
}

#[test]
fn a_function_may_come_from_a_block() {
    #[external_task(result = {
        let factor = 2;
        move |value| value * factor
    })]
    fn run() -> u32 {
        21
    }
    assert_eq!(record(run).result.as_deref(), Some("42"));
}
