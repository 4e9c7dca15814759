use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{MAX_RESPONSE, MAX_RESPONSES};
use crate::envelope::response::Recording;
use crate::run::handle::TaskHandle;

/// A server may announce more than it sends.
const RESERVED: usize = 1 << 20;

/// The growing copy of a body.
#[derive(Debug)]
pub(super) struct Copying {
    task: TaskHandle,
    recording: Recording,
}

impl Copying {
    pub(super) fn begin(task: &TaskHandle) -> Option<Self> {
        Some(Self {
            recording: task.record()?,
            task: task.clone(),
        })
    }

    /// Adds received bytes. The first time, it reserves space for the announced rest. Returns whether copying
    /// continues.
    fn add(&self, data: &[u8], rest: impl FnOnce() -> u64) -> bool {
        let fits = self.recording.edit(|copy| {
            let rest = match copy.is_empty() {
                true => usize::try_from(rest()).unwrap_or(usize::MAX),
                false => 0,
            };
            let length = copy.len() + data.len();
            let fits = length.saturating_add(rest) <= MAX_RESPONSE;
            if !self.task.reserve(data.len(), MAX_RESPONSES) || !fits {
                self.task.release(length);
                *copy = Vec::new();
                return false;
            }
            if rest > 0 {
                copy.reserve_exact((length + rest).min(RESERVED));
            }
            copy.extend_from_slice(data);
            true
        });
        if fits == Some(false) {
            self.task.count_oversized();
        }
        fits == Some(true)
    }
}

pin_project! {
    /// A body whose bytes are copied as they are read; see [`CatchResponses`](crate::CatchResponses).
    #[derive(Debug)]
    pub struct CaughtBody<B> {
        copying: Option<Copying>,
        #[pin]
        body: B,
    }
}

impl<B> CaughtBody<B> {
    pub(super) fn new(body: B, copying: Option<Copying>) -> Self {
        Self { copying, body }
    }
}

impl<B: Body<Data: AsRef<[u8]>>> Body for CaughtBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.body.as_mut().poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && let Some(copying) = this.copying
            && !copying.add(data.as_ref(), || this.body.size_hint().lower())
        {
            *this.copying = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
