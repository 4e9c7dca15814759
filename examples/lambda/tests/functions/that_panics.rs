//! A function whose handler panics in the middle of a run.

use example_lambda::{Question, flushed};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use xpander_report::external_task;

#[external_task(id = request_id, input(question))]
async fn first_word(request_id: &str, question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    words[0].to_owned()
}

async fn handle(event: LambdaEvent<Question>) -> Result<String, Error> {
    let (Question { question }, context) = event.into_parts();
    Ok(first_word(&context.request_id, &question).await)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let handler =
        service_fn(|event: LambdaEvent<Question>| flushed(event.context.deadline(), handle(event)));
    lambda_runtime::run(handler).await
}
