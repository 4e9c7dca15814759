use std::rc::Rc;

use xpander_report::external_task;

#[external_task]
async fn run() {
    let held = Rc::new(1);
    std::future::ready(()).await;
    drop(held);
}

fn send(_: impl Send) {}

fn main() {
    send(run());
}
