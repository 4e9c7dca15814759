use jiff::Timestamp;

/// An agent that has reported.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) created_at: Timestamp,
}
