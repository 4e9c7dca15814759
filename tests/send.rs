//! The future is `Send` if the plain one is, and hardly larger.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use smol::block_on;
use smol::future::yield_now;
use xpander_report::external_task;
use xpander_report_tests::record;

fn send<T: Send>(it: T) -> T {
    it
}

mod a_future_is_send {
    use super::*;

    #[test]
    fn with_arguments_that_are_send_and_not_sync() {
        #[external_task]
        async fn run(
            cell: Cell<u32>,
            text: RefCell<String>,
            boxed: Box<dyn Fn() -> u32 + Send>,
        ) -> u32 {
            yield_now().await;
            cell.get() + text.borrow().len() as u32 + boxed()
        }
        let run = send(run(1.into(), "ab".to_owned().into(), Box::new(|| 3)));
        assert_eq!(record(|| block_on(run)).result.as_deref(), Some("6"));
    }

    #[test]
    fn with_a_result_and_an_error_that_are_not() {
        struct Local(#[allow(dead_code)] Rc<u8>);
        #[external_task]
        async fn run(ok: bool) -> Result<Rc<str>, Local> {
            yield_now().await;
            if ok {
                Ok("x".into())
            } else {
                Err(Local(Rc::new(1)))
            }
        }
        assert_eq!(
            record(|| block_on(send(run(true))).is_ok())
                .result
                .as_deref(),
            Some("x")
        );
        assert_eq!(
            record(|| block_on(send(run(false))).is_err()).is_success,
            Some(false)
        );
    }

    #[test]
    fn with_keys_that_look_at_what_is_not() {
        #[external_task(
            id = Rc::<str>::from("a").to_string(),
            input = Rc::new(cell.get()),
            agent_id = RefCell::new("b").into_inner(),
            result = |n| Rc::new(*n),
        )]
        async fn run(cell: Cell<u32>) -> u32 {
            yield_now().await;
            cell.get()
        }
        let report = record(|| block_on(send(run(1.into()))));
        assert_eq!(report.input.as_deref(), Some("1"));
        assert_eq!(report.result.as_deref(), Some("1"));
    }

    #[test]
    fn with_generic_arguments_that_need_not_be_sync() {
        #[external_task]
        async fn run<T: Send>(first: T, rest: impl Iterator<Item = T> + Send) -> usize {
            yield_now().await;
            drop(first);
            rest.count()
        }
        assert_eq!(
            block_on(send(run(Cell::new(1), [Cell::new(2)].into_iter()))),
            1
        );
    }

    #[test]
    fn when_the_function_returns_it() {
        #[external_task]
        fn run(cell: Cell<u32>) -> impl Future<Output = u32> + Send {
            async move {
                yield_now().await;
                cell.get()
            }
        }
        assert_eq!(block_on(send(run(Cell::new(1)))), 1);
    }
}

#[test]
fn a_future_that_is_not_send_may_take_and_hold_what_is_not() {
    #[external_task]
    async fn run(shared: Rc<Cell<u32>>, borrowed: &RefCell<u32>) -> Rc<u32> {
        let local = Rc::clone(&shared);
        yield_now().await;
        Rc::new(local.get() + *borrowed.borrow())
    }
    let report = record(|| block_on(run(Rc::new(1.into()), &2.into())));
    assert_eq!(report.result.as_deref(), Some("3"));
}

mod size {
    use super::*;

    /// How much larger the future is than the plain function's.
    macro_rules! grows_by {
        ($(#[$keys:meta])? fn($($($name:ident)+: $type:ty = $value:expr),*) -> $output:ty { $($body:tt)* }) => {{
            async fn plain($($($name)+: $type),*) -> $output {
                $($body)*
            }
            grows_by! {
                @ $(#[$keys])?
                async fn instrumented($($($name)+: $type),*) -> $output { $($body)* }
            }
            let plain = size_of_val(&plain($($value),*));
            let instrumented = size_of_val(&instrumented($($value),*));
            instrumented - plain
        }};
        (@ #[$keys:meta] $function:item) => {
            #[$keys]
            $function
        };
        (@ $function:item) => {
            #[external_task]
            $function
        };
    }

    const MAX_BYTES: usize = 256;

    #[test]
    fn without_arguments() {
        let grows = grows_by!(
            fn() -> u8 {
                yield_now().await;
                1
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }

    #[test]
    fn with_16_bytes() {
        let grows = grows_by!(
            fn(text: &str = "x") -> usize {
                yield_now().await;
                text.len()
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }

    #[test]
    fn with_1_kib() {
        let grows = grows_by!(
            fn(bytes: [u8; 1024] = [0; 1024]) -> usize {
                yield_now().await;
                bytes.len()
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }

    #[test]
    fn with_1_kib_that_is_mutable() {
        let grows = grows_by!(
            fn(mut bytes: [u8; 1024] = [0; 1024]) -> usize {
                bytes[0] += 1;
                yield_now().await;
                bytes.len()
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }

    #[test]
    fn with_several_arguments_and_a_result_of_1_kib() {
        let grows = grows_by!(
            fn(a: [u8; 1024] = [0; 1024], b: [u8; 1024] = [0; 1024]) -> Result<[u8; 1024], String> {
                yield_now().await;
                if a.is_empty() {
                    return Err("empty".to_owned());
                }
                Ok(b)
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }

    #[test]
    fn with_1_kib_that_is_skipped_and_read_by_a_key() {
        let grows = grows_by!(
            #[external_task(skip(bytes), id = format!("{bytes:?}"))]
            fn(bytes: [u8; 1024] = [0; 1024]) -> usize {
                yield_now().await;
                bytes.len()
            }
        );
        assert!(grows <= MAX_BYTES, "{grows}");
    }
}
