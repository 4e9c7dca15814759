//! Futures that functions return: their runs go on until they end.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;

use crate::run::Run;
use crate::run::end::Outcome;

/// What becomes of a future's output.
pub trait Ending<T> {
    /// What the function's caller gets.
    type Value;

    /// Ends the run, or lets it go on with what the output holds.
    fn end(self, run: Run, output: T) -> Self::Value;
}

/// The output is looked at.
#[derive(Debug, Clone)]
pub struct Looking<L>(pub(crate) L);

impl<T, L: Fn(&T, &mut Outcome<'_>)> Ending<T> for Looking<L> {
    type Value = T;

    fn end(self, mut run: Run, output: T) -> T {
        run.finish(&mut |outcome| (self.0)(&output, outcome));
        output
    }
}

/// The output goes through a function.
#[derive(Debug, Clone)]
pub struct Through<C>(pub(crate) C);

impl<T, R, C: FnOnce(Run, T) -> R> Ending<T> for Through<C> {
    type Value = R;

    fn end(self, run: Run, output: T) -> R {
        (self.0)(run, output)
    }
}

pin_project! {
    /// A future, followed by the run of the function that returned it.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Following<F, C> {
        run: Run,
        // What becomes of the output; gone once it has come.
        end: Option<C>,
        // Gone once it has ended.
        #[pin]
        future: Option<F>,
    }

    impl<F, C> PinnedDrop for Following<F, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // What the future leaves behind is dropped as a part of the run.
            let _inside = this.run.enter();
            this.future.set(None);
        }
    }
}

impl<F, C> Following<F, C> {
    pub(crate) fn new(mut run: Run, future: F, end: C) -> Self {
        run.defer_clock();
        Self {
            run,
            end: Some(end),
            future: Some(future),
        }
    }
}

impl<F: Future, C: Ending<F::Output>> Future for Following<F, C> {
    type Output = C::Value;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<C::Value> {
        let mut this = self.project();
        let Some(mut future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let Poll::Ready(output) = this.run.poll(|| future.as_mut().poll(context)) else {
            return Poll::Pending;
        };
        this.run.part(|| this.future.set(None));
        match this.end.take() {
            Some(end) => Poll::Ready(end.end(std::mem::take(this.run), output)),
            None => Poll::Pending,
        }
    }
}

impl<F: FusedFuture, C: Ending<F::Output>> FusedFuture for Following<F, C> {
    fn is_terminated(&self) -> bool {
        self.future.as_ref().is_none_or(F::is_terminated)
    }
}

/// A clone is not followed. The run belongs to the future that the function returned.
impl<F: Clone, C: Clone> Clone for Following<F, C> {
    fn clone(&self) -> Self {
        Self {
            run: Run::default(),
            end: self.end.clone(),
            future: self.future.clone(),
        }
    }
}

/// Shows what is followed.
impl<F: fmt::Debug, C> fmt::Debug for Following<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.future {
            Some(future) => future.fmt(f),
            None => f.write_str("Following"),
        }
    }
}

/// What becomes a future when it is awaited, followed by the run of the function that returned it.
pub struct Awaited<I, C> {
    run: Run,
    end: C,
    future: I,
}

impl<I, C> Awaited<I, C> {
    pub(crate) fn new(mut run: Run, future: I, end: C) -> Self {
        run.defer_clock();
        Self { run, end, future }
    }
}

impl<I: IntoFuture, C: Ending<I::Output>> IntoFuture for Awaited<I, C> {
    type Output = C::Value;
    type IntoFuture = Following<I::IntoFuture, C>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            mut run,
            end,
            future,
        } = self;
        let future = run.resume(|| future.into_future());
        Following::new(run, future, end)
    }
}

impl<I: Clone, C: Clone> Clone for Awaited<I, C> {
    fn clone(&self) -> Self {
        Self {
            run: Run::default(),
            end: self.end.clone(),
            future: self.future.clone(),
        }
    }
}

impl<I: fmt::Debug, C> fmt::Debug for Awaited<I, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}
