//! The model of an example, in processes with different environments.

use std::error::Error;
use std::process::Command;

use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs,
};
use xpander_report_examples::model::{Model, ModelEndpoint};
use xpander_report_examples::tls;

/// Set in the processes that [`in_environment`] starts.
const STARTED: &str = "XPANDER_REPORT_EXAMPLES_TEST";

/// Whether this process has the environment `test` asks for. If not, runs the test in a process of
/// its own, with `variables` and no others that matter here.
async fn in_environment(test: &str, variables: &[(&str, String)]) -> bool {
    const NAMES: [&str; 9] = [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_MODEL",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ];
    if std::env::var_os(STARTED).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture"])
        .env(STARTED, "1");
    for name in NAMES {
        command.env_remove(name);
    }
    command.envs(variables.iter().cloned());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && stdout.contains("1 passed");
    assert!(
        passed,
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

async fn answer(model: &Model) -> Option<String> {
    let text = "Rivers carry water to the sea. Rivers carry sand there as well.";
    let message: ChatCompletionRequestMessage = ChatCompletionRequestUserMessage::from(text).into();
    let request = CreateChatCompletionRequestArgs::default()
        .model(&model.model)
        .messages([message])
        .build();
    let response = model.client.chat().create(request.unwrap()).await.unwrap();
    response.choices[0].message.content.clone()
}

#[tokio::test]
async fn a_proxy_does_not_come_between() {
    let dead = "http://127.0.0.1:1".to_owned();
    let variables = [
        ("HTTP_PROXY", dead.clone()),
        ("http_proxy", dead.clone()),
        ("ALL_PROXY", dead),
    ];
    if !in_environment("a_proxy_does_not_come_between", &variables).await {
        return;
    }
    let model = Model::from_env_or_embedded().await.unwrap();
    let base_url = model.endpoint().expect("the embedded endpoint").base_url();
    assert_eq!(
        model.description,
        format!("the embedded extractive model at {base_url}")
    );
    assert!(answer(&model).await.unwrap().contains("Rivers carry sand"));
}

#[tokio::test]
async fn the_environment_names_another_endpoint() {
    let endpoint = ModelEndpoint::start().await.unwrap();
    let variables = [
        ("OPENAI_BASE_URL", endpoint.base_url()),
        ("OPENAI_MODEL", "extractive-1".to_owned()),
    ];
    if !in_environment("the_environment_names_another_endpoint", &variables).await {
        assert_eq!(endpoint.requests(), 1);
        return;
    }
    let model = Model::from_env_or_embedded().await.unwrap();
    assert!(model.endpoint().is_none());
    let base_url = std::env::var("OPENAI_BASE_URL").unwrap();
    assert_eq!(model.description, format!("extractive-1 at {base_url}"));
    assert_eq!(model.slow_model, "extractive-1");
    assert!(answer(&model).await.unwrap().contains("Rivers carry sand"));
}

#[tokio::test]
async fn https_gets_to_tls() {
    tls::install();
    tls::install();
    let endpoint = ModelEndpoint::start().await.unwrap();
    let url = endpoint.base_url().replace("http://", "https://");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let error = http.get(url).send().await.unwrap_err();
    let chain = format!("{error:?}");
    assert!(error.is_connect() && error.source().is_some(), "{chain}");
    // The endpoint has no TLS, so the handshake must fail.
    assert!(chain.contains("InvalidContentType"), "{chain}");
}
