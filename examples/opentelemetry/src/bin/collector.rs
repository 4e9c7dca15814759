//! Stands in for your collector: prints each received span, until Ctrl-C.

use std::io;

use example_opentelemetry::collector::{self, Span};

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = collector::start(4318, print).await?;
    println!("Spans are printed that are sent to http://{address}.");
    tokio::signal::ctrl_c().await
}

fn print(span: Span) {
    println!("\n{}", span.name);
    for (name, value) in span.attributes {
        println!("    {name} = {value}");
    }
}
