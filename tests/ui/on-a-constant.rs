use xpander_report::external_task;

#[external_task]
const RUN: fn(&str) -> usize = |text| text.len();

fn main() {
    RUN("x");
}
