use super::pending::Pending;

/// The reports of one task: one in flight at most, and what came behind it.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) waiting: Option<Box<Pending>>,
    pub(crate) in_flight: Option<Box<Pending>>,
}

/// The sums of what the lanes hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    /// The number of pendings that are on disk only, and the bytes of their positions.
    pub(crate) parked: usize,
    pub(crate) parked_bytes: usize,
    /// The number of reports whose pending is completely on disk.
    pub(crate) spooled: usize,
    /// The number of pendings that are not completely on disk.
    pub(crate) unspooled: usize,
    /// The number of reports that were merged into an earlier one in those pendings.
    pub(crate) merged: usize,
}

impl Lane {
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Pending> {
        let pending = self.in_flight.iter().chain(&self.waiting);
        pending.map(|pending| &**pending)
    }

    /// The report that goes next.
    pub(crate) fn next(&self) -> Option<&Pending> {
        self.waiting.as_deref()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_none() && self.waiting.is_none()
    }

    pub(crate) fn load(&self) -> Load {
        self.pending()
            .map(Load::of)
            .fold(Load::default(), Load::add)
    }

    /// Adds what waits.
    pub(crate) fn add(&mut self, pending: Pending) {
        let pending = match self.take_waiting() {
            Some(waiting) => waiting.join(pending),
            None => pending,
        };
        self.waiting = Some(Box::new(pending));
    }

    pub(crate) fn take_waiting(&mut self) -> Option<Pending> {
        self.waiting.take().map(|waiting| *waiting)
    }

    pub(crate) fn take_in_flight(&mut self) -> Option<Pending> {
        self.in_flight.take().map(|in_flight| *in_flight)
    }

    /// Makes what is in flight wait again. Says whether something was.
    pub(crate) fn put_back(&mut self) -> bool {
        let in_flight = self.take_in_flight();
        let was_in_flight = in_flight.is_some();
        if let Some(pending) = in_flight {
            self.add(pending);
        }
        was_in_flight
    }
}

impl Load {
    fn of(pending: &Pending) -> Self {
        let (bytes, members) = (pending.bytes(), pending.members().len());
        let (is_parked, is_spooled) = (pending.is_parked(), pending.is_spooled());
        Self {
            bytes,
            parked: is_parked.into(),
            parked_bytes: if is_parked { bytes } else { 0 },
            spooled: if is_spooled { members } else { 0 },
            unspooled: usize::from(!is_spooled),
            merged: if is_spooled { 0 } else { members - 1 },
        }
    }

    pub(crate) fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    pub(crate) fn take(self, other: Self) -> Self {
        self.with(other, usize::saturating_sub)
    }

    fn with(self, other: Self, change: impl Fn(usize, usize) -> usize) -> Self {
        Self {
            bytes: change(self.bytes, other.bytes),
            parked: change(self.parked, other.parked),
            parked_bytes: change(self.parked_bytes, other.parked_bytes),
            spooled: change(self.spooled, other.spooled),
            unspooled: change(self.unspooled, other.unspooled),
            merged: change(self.merged, other.merged),
        }
    }
}
