use xpander_report::external_task;

#[external_task(id = "a", skip(text), id = "b", skip(text))]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
