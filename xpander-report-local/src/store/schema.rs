//! The database schema. There is one: a file with another version of it is refused.

use rusqlite::{Connection, Result, TransactionBehavior};

/// Marks a SQLite file as a data file of the local platform: `xptk` in ASCII.
pub(super) const APPLICATION_ID: u32 = 0x7870_746b;

/// The schema's version, which changes with the schema.
pub(super) const VERSION: u32 = 4;

const SCHEMA: &str = include_str!("schema.sql");

/// The version of the database's schema; 0 for a database without one.
pub(super) fn version(connection: &Connection) -> Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Creates the schema if there is none.
pub(super) fn create(connection: &mut Connection) -> Result<()> {
    // Immediate: if two programs start on one new file, the second waits for the first.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? == 0 {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
