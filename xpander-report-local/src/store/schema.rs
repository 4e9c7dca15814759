//! The database schema: an ordered list of migrations. The database stores how many of them it has applied.

use rusqlite::{Connection, Result, TransactionBehavior};

/// Marks a SQLite file as a data file of the local platform: `xptk` in ASCII.
pub(super) const APPLICATION_ID: u32 = 0x7870_746b;

/// A released migration is never changed; a new one is appended.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/1.sql")];

/// The schema's version: how many migrations there are.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// How many migrations the database has applied.
pub(super) fn version(connection: &Connection) -> Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies the missing migrations, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    // Immediate: if two programs start on one new file, the second waits for the first.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let seen = version(&transaction)?;
    if seen < VERSION {
        for migration in MIGRATIONS.iter().skip(seen as usize) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
