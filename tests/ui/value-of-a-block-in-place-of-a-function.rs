use xpander_report::{Tokens, external_task};

#[external_task(tokens = {
    let each = 1;
    Tokens::new(each, each)
})]
fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    run("x");
}
