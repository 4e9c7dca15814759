//! The function; what of it to copy is said in the library beside it.
//!
//! ```text
//! cargo build --release -p example-lambda --bin example-lambda   # name it `bootstrap` in the archive
//! cargo test -p example-lambda      # against a Lambda that freezes it between invocations
//! cargo bench -p example-lambda     # what reporting adds to a cold start, and to the binary
//! ```

use example_lambda::{Model, Question, flushed, handle};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = Model::from_env()?;
    let handler = service_fn(|event: LambdaEvent<Question>| {
        flushed(event.context.deadline(), handle(&model, event))
    });
    lambda_runtime::run(handler).await
}
