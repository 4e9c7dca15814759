use crate::provider::document::Node;
use crate::provider::event::Event;
use crate::provider::format::Format;
use crate::provider::stream::part::Part;

/// A streaming protocol: how it is recognised, and how its events are combined.
pub(in crate::provider) struct Protocol {
    /// The fields by which it is recognised.
    pub(in crate::provider) keys: &'static [&'static str],
    /// Whether an event is one of its.
    pub(super) matches: fn(&Node<'_>) -> bool,
    pub(super) take: fn(&mut Part, Event<'_>),
    /// Completes the response, and says which it is.
    pub(super) finish: fn(&mut Part) -> &'static Format,
}
