use xpander_report::external_task;

#[external_task(skip_all = true)]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
