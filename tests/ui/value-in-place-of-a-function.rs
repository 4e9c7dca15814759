//! Keys that read the return value take functions, and `sample` takes a share.

use xpander_report::external_task;

#[external_task(is_success = true, result = "done")]
fn run() {}

#[external_task(sample = 10.0)]
fn too_often() {}

#[external_task(sample = -0.5)]
fn negative() {}

#[external_task(sample = 1)]
fn no_fraction() {}

fn main() {
    run();
    too_often();
    negative();
    no_fraction();
}
