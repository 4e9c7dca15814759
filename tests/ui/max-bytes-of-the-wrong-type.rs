use xpander_report::external_task;

#[external_task(max_bytes = "1 KiB")]
fn run() {}

fn main() {
    run();
}
