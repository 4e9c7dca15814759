//! The function without xpander-report.

use example_lambda::{Answer, Model, Question, text};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = Model::from_env()?;
    let handler = service_fn(async |event: LambdaEvent<Question>| {
        let response = model.ask(&event.payload.question).await?;
        Ok::<_, Error>(Answer {
            answer: text(response),
        })
    });
    lambda_runtime::run(handler).await
}
