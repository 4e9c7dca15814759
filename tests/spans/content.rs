//! Content in spans, which the environment must enable. The variable is read once, so this program runs itself with it.

use std::env;
use std::process::Command;

use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, current_task, external_task, tool};
use xpander_report_tests_spans::{Spans, spans};

const VARIABLE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

fn main() {
    if env::var_os(VARIABLE).is_none() {
        let itself = env::current_exe().unwrap();
        let status = Command::new(itself).env(VARIABLE, "true").status().unwrap();
        assert!(status.success());
        return;
    }
    it_is_what_went_in_and_what_came_out();
    a_tool_s_arguments_are_there();
    it_is_scrubbed();
    an_error_s_text_is_content();
    a_reporter_without_content_keeps_it_out();
    a_hook_keeps_it_out_unless_it_is_asked_for();
    without_a_reporter_it_is_there();
    println!("all of them hold");
}

fn with(redaction: Redaction, code: impl FnOnce()) -> Spans {
    let recorder = Recorder::with_redaction(redaction);
    spans(|| recorder.in_scope(code))
}

#[external_task]
fn ask(question: &str) -> String {
    format!("about {question}: 42")
}

fn it_is_what_went_in_and_what_came_out() {
    let spans = with(Redaction::new(), || drop(ask("life")));
    let span = spans.named("invoke_agent ask");
    let message = |key| serde_json::from_str::<Value>(span.text(key).unwrap()).unwrap();
    let text = |text| json!([{"type": "text", "content": text}]);
    assert_eq!(
        message("gen_ai.input.messages"),
        json!([{"role": "user", "parts": text("life")}])
    );
    assert_eq!(
        message("gen_ai.output.messages"),
        json!([{"role": "assistant", "parts": text("about life: 42")}])
    );
}

fn a_tool_s_arguments_are_there() {
    struct Index;
    impl Index {
        #[tool(skip(limit))]
        async fn search(&self, query: &str, api_key: &str, limit: usize) -> usize {
            query.len() + api_key.len() + limit
        }
    }
    #[external_task]
    async fn research() {
        Index.search("rain", "hunter2", 7).await;
    }
    let research = || smol::block_on(research());
    let spans = with(Redaction::new(), research);
    let arguments = spans
        .named("execute_tool search")
        .text("gen_ai.tool.call.arguments");
    let arguments: Value = serde_json::from_str(arguments.unwrap()).unwrap();
    assert_eq!(arguments, json!({"query": "rain", "api_key": "[redacted]"}));
    let spans = with(Redaction::new().capture_content(false), research);
    assert!(!spans.named("execute_tool search").holds("rain"));
}

const SECRET: &str = "sk-proj-Zk3vQ8wLr2Xt7Bn5Yh9Md1Fc6Gj4Ps0Ua";

fn it_is_scrubbed() {
    let spans = with(Redaction::new(), || drop(ask(SECRET)));
    let span = spans.named("invoke_agent ask");
    assert!(!span.holds(SECRET), "{span:?}");
    assert!(span.holds("[redacted]"), "{span:?}");
}

fn an_error_s_text_is_content() {
    #[external_task]
    fn fail() -> Result<(), String> {
        current_task().used_tool("search");
        Err(format!("refused: {SECRET}"))
    }
    let fails = || fail().unwrap_err().clear();
    let spans = with(Redaction::new(), fails);
    let span = spans.named("invoke_agent fail");
    assert!(
        span.is_error() && span.holds("refused: [redacted]"),
        "{span:?}"
    );
    assert_eq!(span.text("gen_ai.output.messages"), None);
    let spans = with(Redaction::new().capture_content(false), fails);
    assert!(!spans.named("invoke_agent fail").holds("refused"));
}

fn a_reporter_without_content_keeps_it_out() {
    let spans = with(Redaction::new().capture_content(false), || {
        drop(ask("life"))
    });
    assert!(!spans.named("invoke_agent ask").holds("life"));
}

fn a_hook_keeps_it_out_unless_it_is_asked_for() {
    let hook = || Redaction::new().before_send(|report| report.input = None);
    let spans = with(hook(), || drop(ask("life")));
    assert!(!spans.named("invoke_agent ask").holds("life"));
    let spans = with(hook().content_in_spans(true), || drop(ask("life")));
    assert!(spans.named("invoke_agent ask").holds("life"));
}

fn without_a_reporter_it_is_there() {
    let spans = spans(|| drop(ask("life")));
    assert!(spans.named("invoke_agent ask").holds("42"));
}
