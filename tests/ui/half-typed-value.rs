use xpander_report::external_task;

#[external_task(id = , tokens = |answer|, name = 5)]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
