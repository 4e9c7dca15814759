use xpander_report::external_task;

#[external_task]
fn run(text: &str) -> usize {
    text.
}

fn main() {
    run("x");
}
