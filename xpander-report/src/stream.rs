//! Runs of functions that return a stream or an iterator: they go on until it ends.
//!
//! Which type a function's value has is found out as in `outcome`.

use std::convert::Infallible;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use crate::capture::{Captured, Probe};
use crate::run::{End, Run};

/// What is captured of an item.
#[derive(Debug)]
pub enum Item {
    /// A value; nothing stands for null.
    Value(Option<Captured>),
    /// An error, and the name of its type.
    Error(Option<String>, &'static str),
}

/// Captures an item; told whether content may leave.
pub(crate) type CaptureItem<T> = fn(&T, bool) -> Item;

/// Captures a value that turned out to be no stream; told whether content may leave.
pub(crate) type CaptureValue<T> = fn(&T, bool) -> Option<Captured>;

pin_project! {
    /// A stream or an iterator, followed by the run of the function that returned it.
    #[derive(Debug)]
    pub struct Streaming<S, T> {
        run: Run,
        capture: CaptureItem<T>,
        // Gone only when this is dropped.
        #[pin]
        items: Option<S>,
    }

    impl<S, T> PinnedDrop for Streaming<S, T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the stream leaves behind is dropped as a part of the run.
            let _inside = this.run.enter();
            this.items.set(None);
        }
    }
}

impl<S, T> Streaming<S, T> {
    fn new(mut run: Run, items: S, capture: CaptureItem<T>) -> Self {
        run.wait();
        Self {
            run,
            capture,
            items: Some(items),
        }
    }
}

impl<S: Stream<Item = T>, T> Stream for Streaming<S, T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        let Some(items) = this.items.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let polled = this.run.go_on(|| items.poll_next(context));
        if let Poll::Ready(item) = &polled {
            this.run.note(item.as_ref(), *this.capture);
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.as_ref().map_or((0, None), S::size_hint)
    }
}

impl<S: FusedStream<Item = T>, T> FusedStream for Streaming<S, T> {
    fn is_terminated(&self) -> bool {
        self.items.as_ref().is_none_or(S::is_terminated)
    }
}

impl<S: Iterator<Item = T>, T> Streaming<S, T> {
    fn step(&mut self, next: impl FnOnce(&mut S) -> Option<T>) -> Option<T> {
        let items = self.items.as_mut()?;
        let item = self.run.go_on(|| next(items));
        self.run.note(item.as_ref(), self.capture);
        item
    }
}

impl<S: Iterator<Item = T>, T> Iterator for Streaming<S, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.step(S::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.as_ref().map_or((0, None), S::size_hint)
    }
}

impl<S: DoubleEndedIterator<Item = T>, T> DoubleEndedIterator for Streaming<S, T> {
    fn next_back(&mut self) -> Option<T> {
        self.step(S::next_back)
    }
}

impl<S: ExactSizeIterator<Item = T>, T> ExactSizeIterator for Streaming<S, T> {}

impl<S: FusedIterator<Item = T>, T> FusedIterator for Streaming<S, T> {}

/// Follows a stream that the return type shows as `impl Stream`.
pub fn stream<S: Stream>(
    run: Run,
    stream: S,
    capture: CaptureItem<S::Item>,
) -> Streaming<S, S::Item> {
    Streaming::new(run, stream, capture)
}

/// Follows an iterator that the return type shows as `impl Iterator`.
pub fn iterator<S: Iterator>(
    run: Run,
    iterator: S,
    capture: CaptureItem<S::Item>,
) -> Streaming<S, S::Item> {
    Streaming::new(run, iterator, capture)
}

/// The kind of a box that holds a stream or an iterator: it can hold another.
#[derive(Debug)]
pub struct BoxedKind;

/// Names the kind of a box.
pub trait ProbeBoxed {
    /// The kind.
    fn stream_kind(&self) -> BoxedKind {
        BoxedKind
    }
}

impl<S: Rebox> ProbeBoxed for &&Probe<'_, S> {}

impl BoxedKind {
    /// The box with the same items, followed.
    pub fn follow<S: Rebox>(
        self,
        run: Run,
        boxed: S,
        item: CaptureItem<S::Item>,
        _: CaptureValue<()>,
    ) -> S {
        boxed.rebox(run, item)
    }
}

/// The kind of a stream of a type of its own, which cannot be another.
#[derive(Debug)]
pub struct NamedKind;

/// Names the kind of such a stream.
pub trait ProbeNamed {
    /// The kind.
    fn stream_kind(&self) -> NamedKind {
        NamedKind
    }

    /// The same kind, where no stream is expected.
    fn outcome_kind(&self) -> NamedKind {
        NamedKind
    }
}

impl<S: Stream> ProbeNamed for &Probe<'_, S> {}

/// Implemented for nothing: it gives a mistake its message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow a stream of a type of its own. Spell the return type as \
               `impl Stream<Item = …>`, or box the stream as `Pin<Box<dyn Stream<Item = …> + Send>>`.",
    label = "this is a stream, and its run would be over before it began"
)]
pub trait ShownToBeAStream {}

impl NamedKind {
    /// Does not compile, with a message.
    pub fn follow<S: ShownToBeAStream>(
        self,
        _: Run,
        stream: S,
        _: CaptureItem<()>,
        _: CaptureValue<()>,
    ) -> S {
        stream
    }

    /// Does not compile, with a message.
    pub fn split<S: ShownToBeAStream>(self, value: &S) -> Result<&S, &Infallible> {
        Ok(value)
    }
}

/// The kind of a `Result` that may hold such a stream.
#[derive(Debug)]
pub struct NamedInResultKind;

/// Names that kind.
pub trait ProbeNamedInResult {
    /// The kind.
    fn outcome_kind(&self) -> NamedInResultKind {
        NamedInResultKind
    }
}

impl<S: Stream, E> ProbeNamedInResult for &&Probe<'_, Result<S, E>> {}

impl NamedInResultKind {
    /// Does not compile, with a message.
    pub fn split<S: ShownToBeAStream, E>(self, result: &Result<S, E>) -> Result<&S, &E> {
        result.as_ref()
    }
}

/// The kind of everything else, whatever its name promised.
#[derive(Debug)]
pub struct NoStreamKind;

/// Names any other type's kind.
pub trait ProbeNoStream {
    /// The kind.
    fn stream_kind(&self) -> NoStreamKind {
        NoStreamKind
    }
}

impl<S: ?Sized> ProbeNoStream for Probe<'_, S> {}

impl NoStreamKind {
    /// Reports the value.
    pub fn follow<S>(
        self,
        mut run: Run,
        value: S,
        _: CaptureItem<()>,
        capture: CaptureValue<S>,
    ) -> S {
        if let Some(mut end) = run.end_now() {
            end.succeeded(|content| capture(&value, content));
            end.report();
        }
        value
    }
}

/// A box that can hold another stream or iterator of the same items.
pub trait Rebox: Sized {
    /// What it gives.
    type Item;

    /// The box, followed.
    fn rebox(self, run: Run, capture: CaptureItem<Self::Item>) -> Self;
}

macro_rules! rebox {
    ($($boxed:ty: $new:expr;)*) => {$(
        impl<'a, T: 'a> Rebox for $boxed {
            type Item = T;

            fn rebox(self, run: Run, capture: CaptureItem<T>) -> Self {
                $new(Streaming::new(run, self, capture))
            }
        }
    )*};
}

rebox! {
    Pin<Box<dyn Stream<Item = T> + 'a>>: Box::pin;
    Pin<Box<dyn Stream<Item = T> + Send + 'a>>: Box::pin;
    Pin<Box<dyn Stream<Item = T> + Send + Sync + 'a>>: Box::pin;
    Box<dyn Stream<Item = T> + Unpin + 'a>: Box::new;
    Box<dyn Stream<Item = T> + Unpin + Send + 'a>: Box::new;
    Box<dyn Stream<Item = T> + Unpin + Send + Sync + 'a>: Box::new;
    Box<dyn Iterator<Item = T> + 'a>: Box::new;
    Box<dyn Iterator<Item = T> + Send + 'a>: Box::new;
    Box<dyn Iterator<Item = T> + Send + Sync + 'a>: Box::new;
}

/// What a user's key says of an error.
pub fn shown(captured: Option<Captured>) -> Option<String> {
    captured.map(Captured::into_text)
}

/// What is asked of a run's end once its function has returned a stream: the user's keys.
pub fn keys<S>(run: &mut Run, stream: &S, keys: impl FnOnce(&mut End, &S)) {
    run.look(|end| keys(end, stream));
}
