use super::parcel::Parcel;

/// The reports of one task: one on the way at most, and what came behind it.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) waiting: Option<Parcel>,
    pub(super) on_the_way: Option<Parcel>,
}

/// What parcels weigh together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) bytes: usize,
    pub(super) parcels: usize,
    /// Those of them that lie on disk whole.
    pub(super) spooled: usize,
}

impl Lane {
    pub(super) fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.on_the_way.iter().chain(&self.waiting)
    }

    pub(super) fn load(&self) -> Load {
        self.parcels()
            .map(Load::of)
            .fold(Load::default(), Load::add)
    }

    /// Adds what waits. Says whether something waited.
    pub(super) fn add(&mut self, mut parcel: Parcel) -> bool {
        let waiting = self.waiting.take();
        let merged = waiting.is_some();
        if let Some(waiting) = waiting {
            parcel = waiting.join(parcel);
        } else if let Some(newer) = &self.on_the_way
            && newer.envelope.sequence > parcel.envelope.sequence
        {
            parcel.go_behind(newer);
        }
        self.waiting = Some(parcel);
        merged
    }
}

impl Load {
    fn of(parcel: &Parcel) -> Self {
        Self {
            bytes: parcel.bytes,
            parcels: 1,
            spooled: parcel.is_spooled().into(),
        }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            parcels: self.parcels + other.parcels,
            spooled: self.spooled + other.spooled,
        }
    }

    pub(super) fn take(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            parcels: self.parcels.saturating_sub(other.parcels),
            spooled: self.spooled.saturating_sub(other.spooled),
        }
    }
}
