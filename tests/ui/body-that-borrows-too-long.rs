use xpander_report::external_task;

#[external_task]
fn sync(text: String) -> &'static str {
    text.as_str()
}

#[external_task]
async fn later<'a>(a: &'a str, b: &str) -> &'a str {
    if a.is_empty() { b } else { a }
}

fn main() {}
