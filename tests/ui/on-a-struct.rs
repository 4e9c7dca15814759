use xpander_report::external_task;

#[external_task]
pub struct Echo(u8);

fn main() {
    let _ = Echo(1).0;
}
