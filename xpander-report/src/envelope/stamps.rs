//! Which report each field of a task comes from, by its sequence.

use std::cmp::Reverse;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::sequence::Sequence;

/// A field that a report may leave unset. Every report sets the success and the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ReportField {
    Input = 1,
    LlmResponse = 1 << 1,
    Tokens = 1 << 2,
    Result = 1 << 3,
    Duration = 1 << 4,
    UsedTools = 1 << 5,
}

impl ReportField {
    pub(crate) const ALL: [Self; 6] = [
        Self::Input,
        Self::LlmResponse,
        Self::Tokens,
        Self::Result,
        Self::Duration,
        Self::UsedTools,
    ];
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(u8);

impl Fields {
    pub(crate) fn has(self, field: ReportField) -> bool {
        self.0 & field as u8 != 0
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub(crate) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl FromIterator<ReportField> for Fields {
    fn from_iter<T: IntoIterator<Item = ReportField>>(fields: T) -> Self {
        Self(fields.into_iter().fold(0, |bits, field| bits | field as u8))
    }
}

/// The sequence of the report that each field comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamps {
    /// The newest of the reports. It says whether the run succeeded, and the agent.
    sequence: Sequence,
    /// What else it says.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    fields: Fields,
    /// What older reports say and no newer one does, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older: Vec<(Sequence, Fields)>,
}

impl Stamps {
    /// The stamps of one report, which sets these fields.
    pub(crate) fn new(sequence: Sequence, fields: Fields) -> Self {
        Self {
            sequence,
            fields,
            older: Vec::new(),
        }
    }

    /// The sequence of the newest report.
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The sequence of the oldest report that gave a field.
    pub(crate) fn oldest(&self) -> Sequence {
        self.older
            .last()
            .map_or(self.sequence, |(oldest, _)| *oldest)
    }

    /// All fields that are said.
    pub(crate) fn fields(&self) -> Fields {
        self.groups()
            .fold(Fields::default(), |all, (_, fields)| all.union(fields))
    }

    pub(crate) fn says(&self, field: ReportField) -> bool {
        self.fields().has(field)
    }

    /// The fields that `other` sets later than this, or that only `other` sets.
    pub(crate) fn behind(&self, other: &Self) -> Fields {
        let is_behind = |field: &ReportField| other.of(*field) > self.of(*field);
        ReportField::ALL.into_iter().filter(is_behind).collect()
    }

    /// The fields of this that `other` sets at the same time or later.
    pub(crate) fn covered_by(&self, other: &Self) -> Fields {
        let is_covered =
            |field: &ReportField| self.says(*field) && self.of(*field) <= other.of(*field);
        ReportField::ALL.into_iter().filter(is_covered).collect()
    }

    /// Each field from whichever says it later.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.sequence == self.sequence && self.older.is_empty() && other.older.is_empty() {
            self.fields = self.fields.union(other.fields);
            return;
        }
        let mut groups: Vec<_> = self.groups().chain(other.groups()).collect();
        groups.sort_by_key(|(sequence, _)| Reverse(*sequence));
        self.set(groups);
    }

    /// What is left without these fields.
    pub(crate) fn remove(&mut self, fields: Fields) {
        let left = |(sequence, said): (_, Fields)| (sequence, said.without(fields));
        let groups = self.groups().map(left).collect();
        self.set(groups);
    }

    /// Checks stamps that were read from disk against the fields that their report sets. A field without a stamp counts
    /// as new as the newest report.
    pub(crate) fn checked(mut self, fields: Fields) -> Self {
        let unknown = fields.without(self.fields());
        let mut groups: Vec<_> = self.groups().collect();
        groups.sort_by_key(|(sequence, _)| Reverse(*sequence));
        self.set(groups);
        self.fields = self.fields.union(unknown);
        self.remove(Fields(!fields.0));
        self
    }

    /// Dates each report as `date` says.
    pub(crate) fn redate(&mut self, mut date: impl FnMut(&Sequence) -> Duration) {
        let redated = |(mut sequence, fields): (Sequence, Fields)| {
            sequence.at = date(&sequence);
            (sequence, fields)
        };
        let mut groups: Vec<_> = self.groups().map(redated).collect();
        groups.sort_by_key(|(sequence, _)| Reverse(*sequence));
        self.set(groups);
    }

    /// Counts this as the newest report. It says no field.
    pub(crate) fn raise(&mut self, sequence: Sequence) {
        self.merge(&Self::new(sequence, Fields::default()));
    }

    fn of(&self, field: ReportField) -> Option<Sequence> {
        let mut groups = self.groups();
        groups.find_map(|(sequence, fields)| fields.has(field).then_some(sequence))
    }

    fn groups(&self) -> impl Iterator<Item = (Sequence, Fields)> {
        let newest = (self.sequence, self.fields);
        std::iter::once(newest).chain(self.older.iter().copied())
    }

    /// Takes each field from the first group that has it; the newest comes first.
    fn set(&mut self, groups: Vec<(Sequence, Fields)>) {
        let mut groups = groups.into_iter();
        let Some((sequence, fields)) = groups.next() else {
            return;
        };
        (self.sequence, self.fields) = (sequence, fields);
        self.older.clear();
        let mut seen = fields;
        for (sequence, fields) in groups {
            let fields = fields.without(seen);
            seen = seen.union(fields);
            match self.older.last_mut() {
                _ if fields.is_empty() => {}
                _ if sequence == self.sequence => self.fields = self.fields.union(fields),
                Some((last, said)) if *last == sequence => *said = said.union(fields),
                _ => self.older.push((sequence, fields)),
            }
        }
    }
}
