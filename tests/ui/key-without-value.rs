use xpander_report::external_task;

#[external_task(id, skip, name)]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
