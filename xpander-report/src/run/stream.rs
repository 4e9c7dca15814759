//! Streams and iterators that functions return: their runs go on until they end.

use std::fmt;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use crate::run::Run;
use crate::run::end::Outcome;
use crate::support::panics::catch_panic;

pin_project! {
    /// A stream or an iterator, followed by the run of the function that returned it.
    pub struct Streaming<S, C> {
        run: Run,
        look: C,
        // Whether nothing more can come, by the size that is left.
        is_complete: fn(&S) -> bool,
        // Gone only when this is dropped.
        #[pin]
        items: Option<S>,
    }

    impl<S, C> PinnedDrop for Streaming<S, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let is_complete = *this.is_complete;
            let items = this.items.as_ref().get_ref().as_ref();
            let is_complete = items.is_some_and(|it| catch_panic(|| is_complete(it)) == Some(true));
            // What the stream leaves behind is dropped as a part of the run.
            this.run.part(|| this.items.set(None));
            if is_complete {
                this.run.complete();
            }
        }
    }
}

impl<S, C> Streaming<S, C> {
    pub(crate) fn stream(run: Run, items: S, look: C) -> Self
    where
        S: Stream,
    {
        Self::new(run, items, look, |items| items.size_hint() == (0, Some(0)))
    }

    pub(crate) fn iterator(run: Run, items: S, look: C) -> Self
    where
        S: Iterator,
    {
        Self::new(run, items, look, |items| items.size_hint() == (0, Some(0)))
    }

    fn new(mut run: Run, items: S, look: C, is_complete: fn(&S) -> bool) -> Self {
        run.defer_clock();
        Self {
            run,
            look,
            is_complete,
            items: Some(items),
        }
    }
}

impl<S: Stream, C: Fn(&S::Item, &mut Outcome<'_>)> Stream for Streaming<S, C> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(mut items) = this.items.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let polled = this.run.poll(|| items.as_mut().poll_next(context));
        match &polled {
            Poll::Ready(Some(item)) => this.run.on_item(&mut |outcome| (this.look)(item, outcome)),
            Poll::Ready(None) => this.run.complete(),
            Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.as_ref().map_or((0, None), S::size_hint)
    }
}

impl<S: FusedStream, C: Fn(&S::Item, &mut Outcome<'_>)> FusedStream for Streaming<S, C> {
    fn is_terminated(&self) -> bool {
        self.items.as_ref().is_none_or(S::is_terminated)
    }
}

impl<S: Iterator, C: Fn(&S::Item, &mut Outcome<'_>)> Streaming<S, C> {
    fn step(&mut self, next: impl FnOnce(&mut S) -> Option<S::Item>) -> Option<S::Item> {
        let items = self.items.as_mut()?;
        let item = self.run.resume(|| next(items));
        match &item {
            Some(item) => self.run.on_item(&mut |outcome| (self.look)(item, outcome)),
            None => self.run.complete(),
        }
        item
    }
}

impl<S: Iterator, C: Fn(&S::Item, &mut Outcome<'_>)> Iterator for Streaming<S, C> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        self.step(S::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.as_ref().map_or((0, None), S::size_hint)
    }
}

impl<S: DoubleEndedIterator, C: Fn(&S::Item, &mut Outcome<'_>)> DoubleEndedIterator
    for Streaming<S, C>
{
    fn next_back(&mut self) -> Option<S::Item> {
        self.step(S::next_back)
    }
}

impl<S: ExactSizeIterator, C: Fn(&S::Item, &mut Outcome<'_>)> ExactSizeIterator
    for Streaming<S, C>
{
}

impl<S: FusedIterator, C: Fn(&S::Item, &mut Outcome<'_>)> FusedIterator for Streaming<S, C> {}

/// A clone is not followed. The run belongs to the stream that the function returned.
impl<S: Clone, C: Clone> Clone for Streaming<S, C> {
    fn clone(&self) -> Self {
        Self {
            run: Run::default(),
            look: self.look.clone(),
            is_complete: self.is_complete,
            items: self.items.clone(),
        }
    }
}

/// Shows what is followed.
impl<S: fmt::Debug, C> fmt::Debug for Streaming<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.items {
            Some(items) => items.fmt(f),
            None => f.write_str("Streaming"),
        }
    }
}
