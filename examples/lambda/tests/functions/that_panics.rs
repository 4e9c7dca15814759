//! A function whose handler panics in the middle of a run.

use example_lambda::{Answer, Question, reported};
use lambda_runtime::tower::ServiceBuilder;
use lambda_runtime::{Error, LambdaEvent, service_fn};

async fn first_word(event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let words: Vec<&str> = event.payload.question.split_whitespace().collect();
    Ok(Answer {
        answer: words[0].to_owned(),
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let handler = ServiceBuilder::new()
        .layer(reported())
        .service(service_fn(first_word));
    lambda_runtime::run(handler).await
}
