use xpander_report::external_task;

#[external_task]
unsafe extern "C" {
    safe fn abs(number: i32) -> i32;
}

fn main() {
    abs(-1);
}
