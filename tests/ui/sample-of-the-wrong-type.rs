use xpander_report::external_task;

#[external_task(sample = "x")]
fn run() {}

fn main() {
    run();
}
