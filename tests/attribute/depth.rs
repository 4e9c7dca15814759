//! Values that go deeper than the stack of a thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

use serde::Serialize;

use super::*;

/// Runs on a thread with the stack that threads have by default.
fn on_a_thread(run: impl FnOnce() -> TaskReport + Send + 'static) -> TaskReport {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.unwrap().join().unwrap()
}

#[derive(Serialize, Default)]
struct Node {
    next: Option<Box<Node>>,
}

impl Node {
    fn list(length: usize) -> Self {
        (0..length).fold(Self::default(), |list, _| Self {
            next: Some(Box::new(list)),
        })
    }
}

/// One node after the other, not one inside the other.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut node) = next {
            next = node.next.take();
        }
    }
}

#[test]
fn a_list_that_is_deeper_than_the_stack_is_cut() {
    #[external_task]
    fn length(list: &Node) {
        current_task().llm_response(list);
    }
    let report = on_a_thread(|| record(|| length(&Node::list(100_000))));
    let start = r#"{"truncated":true,"bytes":"at least "#;
    let input = report.input.unwrap();
    assert!(input.starts_with(start), "{}", &input[..80]);
    let response = report.llm_response.unwrap();
    assert!(
        response.get().starts_with(start),
        "{}",
        &response.get()[..80]
    );
}

#[test]
fn a_list_of_an_ordinary_depth_is_whole() {
    #[external_task]
    fn length(list: &Node) {}
    let report = on_a_thread(|| record(|| length(&Node::list(200))));
    let input = report.input.unwrap();
    let expected = r#"{"next":"#.repeat(200) + r#"{"next":null}"# + &"}".repeat(200);
    assert_eq!(input, expected);
}

#[test]
fn a_value_that_holds_itself_is_cut() {
    #[derive(Debug)]
    struct Ring {
        #[allow(dead_code)]
        next: RefCell<Option<Rc<Ring>>>,
    }
    #[external_task]
    fn turn(ring: &Rc<Ring>) {}
    let report = on_a_thread(|| {
        let ring = Rc::new(Ring {
            next: RefCell::new(None),
        });
        *ring.next.borrow_mut() = Some(Rc::clone(&ring));
        let report = record(|| turn(&ring));
        ring.next.take();
        report
    });
    let input = report.input.unwrap();
    assert!(
        input.starts_with("Ring { next: RefCell { value: Some(Ring"),
        "{}",
        &input[..80]
    );
    assert!(input.ends_with("bytes]"), "{}", &input[input.len() - 80..]);
}

#[test]
fn an_error_that_shows_itself_is_cut() {
    #[derive(Debug)]
    struct Again;
    #[allow(clippy::recursive_format_impl)]
    impl fmt::Display for Again {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "again: {self}")
        }
    }
    impl Error for Again {}
    #[external_task]
    fn fails() -> Result<(), Again> {
        Err(Again)
    }
    let report = on_a_thread(|| record(fails));
    let result = report.result.unwrap();
    assert!(result.starts_with("again: again: "), "{}", &result[..80]);
    assert_eq!(report.is_success, Some(false));
}

#[test]
fn what_takes_no_notice_of_the_cut_writes_no_more() {
    struct Stubborn;
    #[allow(clippy::recursive_format_impl)]
    impl fmt::Debug for Stubborn {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "in ")?;
            let _ = write!(f, "{self:?}");
            write!(f, "out ")
        }
    }
    #[external_task]
    fn hears(value: Stubborn) {}
    let report = on_a_thread(|| record(|| hears(Stubborn)));
    let input = report.input.unwrap();
    assert!(input.starts_with("in in "), "{}", &input[..80]);
    assert!(!input.contains("out"), "{}", &input[input.len() - 80..]);
}
