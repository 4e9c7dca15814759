use xpander_report::external_task;

#[external_task]
union Number {
    whole: u32,
    real: f32,
}

fn main() {
    let _ = Number { whole: 1 };
}
