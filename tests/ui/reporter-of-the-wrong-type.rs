use xpander_report::external_task;

#[external_task(reporter = 5)]
fn run() {}

fn main() {
    run();
}
