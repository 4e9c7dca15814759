use crate::provider::document::Node;
use crate::provider::reading::Reading;
use crate::provider::response::ProviderResponse;
use crate::provider::shape::Shape;

keys! { TURNS }

/// A shape: how it is recognised and read.
pub(super) struct Format {
    pub(super) shape: Shape,
    /// The fields that it reads.
    pub(super) keys: &'static [&'static str],
    /// So general that it counts only for what is known to be a response.
    pub(super) only_declared: bool,
    pub(super) matches: fn(&Node<'_>) -> bool,
    pub(super) read: for<'n> fn(&'n Node<'_>) -> Reading<'n>,
}

impl Format {
    /// What a document of this shape says, or the turns of a session of which it consists.
    pub(super) fn says(&self, document: &Node<'_>) -> ProviderResponse {
        let turns = document[TURNS].items().iter();
        let turns = turns.map(|turn| self.says(turn)).collect();
        ProviderResponse::together(turns)
            .unwrap_or_else(|| (self.read)(document).into_response(self.shape, document))
    }
}
