use xpander_report::external_task;

struct Echo;

#[external_task]
unsafe impl Send for Echo {}

fn main() {
    let _ = Echo;
}
