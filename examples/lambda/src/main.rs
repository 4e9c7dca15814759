//! The function. Its library's documentation says what to copy.
//!
//! ```text
//! cargo build --release -p example-lambda --bin example-lambda   # name it `bootstrap` in the archive
//! cargo test -p example-lambda      # against a Lambda that freezes it between invocations, or kills it
//! cargo bench -p example-lambda     # what reporting adds to a cold start, and to the binary
//! ```

use example_lambda::{Model, handle, reported};
use lambda_runtime::tower::ServiceBuilder;
use lambda_runtime::{Error, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = Model::from_env()?;
    let handler = ServiceBuilder::new()
        .layer(reported())
        .service(service_fn(|event| handle(&model, event)));
    lambda_runtime::run(handler).await
}
