//! What stands in a file of the spool.

pub(crate) mod entry;
pub(crate) mod record;
