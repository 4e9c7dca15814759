use xpander_report::external_task;

#[external_task(error = |error: &String| error.len())]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
