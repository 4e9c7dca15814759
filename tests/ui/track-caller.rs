use xpander_report::external_task;

#[external_task]
#[track_caller]
fn run() {}

fn main() {
    run();
}
