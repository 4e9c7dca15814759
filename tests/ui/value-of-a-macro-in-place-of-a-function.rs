use xpander_report::external_task;

#[external_task(result = format!("{text}!"), used_tools = vec!["search"])]
fn macros(text: &str) -> usize {
    text.len()
}

#[external_task(result = { "done" })]
fn blocks(text: &str) -> usize {
    text.len()
}

fn main() {
    macros("x");
    blocks("x");
}
