//! Callers without the standard library.

#![no_std]
#![deny(warnings)]

extern crate alloc;
#[cfg(test)]
extern crate std;

use alloc::boxed::Box;
use alloc::string::String;
use core::future::Future;
use core::pin::Pin;

use futures_core::Stream;
use xpander_report::external_task;

/// A boxed future.
#[external_task]
pub fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + 'a>> {
    Box::pin(async move { text.len() })
}

/// A box that is not pinned.
#[external_task]
pub fn unpinned(text: String) -> Box<dyn Future<Output = usize>> {
    Box::new(async move { text.len() })
}

/// A boxed stream.
#[external_task]
pub fn stream(stream: Pin<Box<dyn Stream<Item = u8>>>) -> Pin<Box<dyn Stream<Item = u8>>> {
    stream
}

/// An opaque future that is pinned.
#[external_task]
pub fn pinned(n: u8) -> Pin<Box<impl Future<Output = u8>>> {
    Box::pin(async move { n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;
    use xpander_report::testing::Recorder;

    #[test]
    fn are_reported() {
        let recorder = Recorder::new();
        recorder
            .in_scope(|| smol::block_on(async { boxed("four").await + pinned(1).await as usize }));
        let reports = recorder.take();
        assert_eq!(reports[0].result.as_deref(), Some("4"));
        assert_eq!(reports[1].result.as_deref(), Some("1"));
    }
}
