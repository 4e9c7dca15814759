//! The files of the spool, and the disk that they are on.

pub(crate) mod directory;
pub(crate) mod disk;
#[cfg(any(test, xpander_fuzzing))]
#[expect(clippy::expect_used, reason = "only tests use it")]
#[cfg_attr(
    xpander_fuzzing,
    allow(dead_code, reason = "a fuzzer needs less of it than the tests")
)]
pub(crate) mod faulty_disk;
pub(crate) mod os_disk;
pub(crate) mod segment;
