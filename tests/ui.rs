//! Each mistake gets a message on the user's token that says what to do. After changing a message, run
//! `TRYBUILD=overwrite cargo test -p xpander-report-tests --test ui`.

#[test]
#[cfg_attr(
    not(same_messages),
    ignore = "the messages are those of another version of the compiler, see build.rs"
)]
fn mistakes_have_messages_that_help() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
