//! A runtime whose events are hidden from the program's `tracing` subscriber.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};

use super::suppress::{restore, silence};

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
