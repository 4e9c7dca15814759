use xpander_report::external_task;

#[external_task(is_success = |length| length + 1)]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
