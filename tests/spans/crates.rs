//! Spans of other crates are inside ours, and keep all their fields.

use example_rig_agent::{QUESTION, agent, answer};
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest, ChatResponse};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use xpander_report::external_task;
use xpander_report::testing::Recorder;
use xpander_report_examples::model::Model;
use xpander_report_tests_spans::{Collector, Spans};

/// The spans of a call of the embedded model, and its report.
fn traced<F: Future<Output = ()>>(
    call: impl FnOnce(Model) -> F,
) -> (Spans, xpander_report::TaskReport) {
    let (collector, recorder) = (Collector::new(), Recorder::new());
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    collector.run(|| {
        runtime.block_on(async {
            let model = Model::embedded().await.unwrap();
            recorder.scope(call(model)).await;
        });
    });
    let mut reports = recorder.take();
    assert_eq!(reports.len(), 1);
    (collector.spans(), reports.remove(0))
}

#[test]
fn the_spans_of_rig_s_agent_are_inside_the_run_s() {
    let (spans, report) = traced(|model| async move {
        let endpoint = model.endpoint().unwrap().base_url();
        let agent = agent(model.http.clone(), &endpoint, "key", &model.model);
        answer(&agent, QUESTION).await.unwrap();
    });
    let run = spans.named("invoke_agent answer");
    let tokens = report.tokens.unwrap();
    let signed = |count: Option<u64>| count.map(|count| count as i64);
    assert_eq!(
        run.usage()[..2],
        [
            signed(tokens.prompt_tokens),
            signed(tokens.completion_tokens)
        ]
    );
    assert_eq!(run.text("gen_ai.response.model"), Some("extractive-1"));

    let chats: Vec<_> = spans
        .0
        .iter()
        .filter(|span| span.text("gen_ai.operation.name") == Some("chat"))
        .collect();
    let tools = spans.0.iter().filter(|span| span.name == "execute_tool");
    assert!(
        chats.len() > 1 && tools.clone().count() == 2,
        "{:?}",
        spans.names()
    );
    for span in chats.iter().copied().chain(tools) {
        assert_eq!(spans.path(span).last(), Some(&"invoke_agent answer"));
    }
    // All its own counts are there, as text, because they are unsigned numbers.
    let input = chats.iter().map(|chat| {
        let count = chat.attributes["gen_ai.usage.input_tokens"].as_str();
        count.parse::<i64>().unwrap()
    });
    assert_eq!(Some(input.sum()), run.usage()[0]);
}

#[external_task(skip_all)]
async fn chat(client: &Client, model: &str) -> genai::Result<ChatResponse> {
    let question = ChatRequest::new(vec![ChatMessage::user("It rains a lot. It is cold.")]);
    client.exec_chat(model, question, None).await
}

#[test]
fn the_spans_of_genai_are_inside_the_run_s() {
    let (spans, report) = traced(|model| async move {
        let endpoint = model.endpoint().unwrap().base_url() + "/";
        let name = model.model.clone();
        let target = move |_: ServiceTarget| {
            Ok::<_, genai::resolver::Error>(ServiceTarget {
                endpoint: Endpoint::from_owned(endpoint.clone()),
                auth: AuthData::from_single("key"),
                model: ModelIden::new(AdapterKind::OpenAI, name.clone()),
            })
        };
        let client = Client::builder()
            .with_service_target_resolver_fn(target)
            .build();
        chat(&client.unwrap(), &model.model).await.unwrap();
    });
    let run = spans.named("invoke_agent chat");
    let chat = spans.named("chat extractive-1");
    assert_eq!(spans.path(chat), ["chat extractive-1", "invoke_agent chat"]);
    assert_eq!(chat.usage()[..2], run.usage()[..2]);
    assert_eq!(
        run.usage()[0],
        report
            .tokens
            .unwrap()
            .prompt_tokens
            .map(|count| count as i64)
    );
}
