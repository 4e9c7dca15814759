//! The worker. It stops at the step that its argument names, so that it can be killed there.

use std::thread;

use example_queue_worker::worker::{Step, Worker};

#[tokio::main]
async fn main() {
    let at = std::env::args().nth(1).unwrap();
    let told = |job: &str, step: Step| {
        println!("{job}: {step}");
        while step.to_string() == at {
            thread::park();
        }
    };
    Worker::run(told).await.unwrap();
}
