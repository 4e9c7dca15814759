//! A function that exceeds its deadline. Its event says how it waits, and for how many milliseconds after the deadline.

use std::thread;
use std::time::{Duration, SystemTime};

use example_lambda::{Answer, Question, reported};
use lambda_runtime::tower::ServiceBuilder;
use lambda_runtime::{Error, LambdaEvent, service_fn};

async fn wait(event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let deadline = event.context.deadline().duration_since(SystemTime::now())?;
    let (way, after) = event.payload.question.split_once(' ').unwrap_or_default();
    let millis: i64 = after.parse()?;
    let time = match u64::try_from(millis) {
        Ok(after) => deadline + Duration::from_millis(after),
        Err(_) => deadline.saturating_sub(Duration::from_millis(millis.unsigned_abs())),
    };
    match way {
        "block" => thread::sleep(time),
        _ => tokio::time::sleep(time).await,
    }
    Ok(Answer {
        answer: "42".to_owned(),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = ServiceBuilder::new()
        .layer(reported())
        .service(service_fn(wait));
    lambda_runtime::run(handler).await
}
