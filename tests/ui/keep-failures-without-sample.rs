use xpander_report::external_task;

#[external_task(keep_failures)]
fn run() {}

fn main() {
    run();
}
