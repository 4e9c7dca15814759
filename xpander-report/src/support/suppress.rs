//! A runtime whose work is not seen by the program's `tracing` subscriber: the HTTP client's events are
//! nobody's spans.
//!
//! A subscriber of the thread's own stands in the way only while something is polled. One that stayed would
//! have every event of the whole program look for it.

use std::cell::RefCell;
use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tracing_core::dispatcher::{self, DefaultGuard, Dispatch};

thread_local! {
    static SUBSCRIBER: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .on_thread_park(restore)
        .on_thread_unpark(silence)
        .build()
}

pub(crate) fn block_on<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    struct Restore;

    impl Drop for Restore {
        fn drop(&mut self) {
            restore();
        }
    }

    let _restore = Restore;
    silence();
    runtime.block_on(future)
}

/// Runs code that the program's subscriber shall see.
pub(crate) fn aloud<T>(code: impl FnOnce() -> T) -> T {
    struct Silence(bool);

    impl Drop for Silence {
        fn drop(&mut self) {
            if self.0 {
                silence();
            }
        }
    }

    let silenced = take();
    let _silence = Silence(silenced.is_some());
    drop(silenced);
    code()
}

fn silence() {
    let _ = SUBSCRIBER.try_with(|subscriber| {
        subscriber
            .borrow_mut()
            .get_or_insert_with(|| dispatcher::set_default(&Dispatch::none()));
    });
}

fn restore() {
    drop(take());
}

fn take() -> Option<DefaultGuard> {
    SUBSCRIBER.try_with(RefCell::take).ok().flatten()
}
