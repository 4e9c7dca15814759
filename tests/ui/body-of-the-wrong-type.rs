use xpander_report::external_task;

#[external_task]
fn sync(text: &str) -> String {
    text.len()
}

#[external_task]
async fn later(text: &str) -> u32 {
    if text.is_empty() {
        return "empty";
    }
    let length: u64 = 1;
    length
}

#[external_task]
fn empty(text: &str) -> String {}

#[external_task]
async fn empty_later(text: &str) -> String {}

fn main() {}
