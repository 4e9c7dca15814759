use xpander_report::external_task;

#[external_task("summarise")]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
