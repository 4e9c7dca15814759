use xpander_report::{Tokens, external_task};

#[external_task(tokens = Tokens::new(7, 3), result = "done".len(), is_success = text.is_empty())]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
