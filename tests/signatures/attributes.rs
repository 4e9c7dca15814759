use super::*;

#[test]
fn qualifiers_and_visibility() {
    mod inner {
        use xpander_report::external_task;

        #[external_task]
        pub(super) unsafe fn first(text: *const u8) -> u8 {
            unsafe { *text }
        }
        #[external_task]
        pub(in super::super) extern "C" fn double(n: i32) -> i32 {
            n * 2
        }
        #[external_task]
        pub(crate) async unsafe fn later() -> u8 {
            1
        }
        #[must_use]
        #[external_task]
        #[inline]
        pub fn kept() -> u8 {
            1
        }
    }
    let double: extern "C" fn(i32) -> i32 = inner::double;
    assert_eq!(
        result(|| unsafe { inner::first(b"x".as_ptr()) }).as_deref(),
        Some("120")
    );
    assert_eq!(result(|| double(2)).as_deref(), Some("4"));
    assert_eq!(
        result(|| block_on(unsafe { inner::later() })).as_deref(),
        Some("1")
    );
    assert_eq!(inner::kept(), 1);
}

#[test]
fn inner_attributes_and_documentation_stay_first_in_the_body() {
    #[external_task]
    fn run(text: &str) -> usize {
        #![doc = "Documented inside."]
        #![allow(clippy::needless_return, unused_variables)]
        let unused = 1;
        return text.len();
    }
    assert_eq!(result(|| run("x")).as_deref(), Some("1"));
}

#[external_task]
#[tokio::main(flavor = "current_thread")]
async fn above_main(text: &str) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[tokio::main(flavor = "current_thread")]
#[external_task]
async fn below_main(text: &str) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[test]
fn it_stands_above_and_below_the_attribute_that_makes_a_main() {
    assert_eq!(result(|| above_main("x")).as_deref(), Some("1"));
    assert_eq!(result(|| below_main("x")).as_deref(), Some("1"));
}

#[external_task]
#[tokio::test]
async fn above_an_async_test() {
    tokio::task::yield_now().await;
}

#[tokio::test]
#[external_task]
async fn below_an_async_test() -> Result<(), String> {
    tokio::task::yield_now().await;
    Ok(())
}

#[test]
#[external_task]
fn below_a_test() {}

#[external_task]
#[test]
#[should_panic(expected = "as the test says")]
fn above_a_test_that_panics() {
    panic!("as the test says");
}
