//! The database's shape and how it came to be: an ordered list of migrations, of which the database
//! remembers how many it has seen.

use rusqlite::{Connection, Result, Transaction, TransactionBehavior};

use super::carry_over;

/// Marks a SQLite file as ours: `xplo` in ASCII.
pub(super) const APPLICATION_ID: u32 = 0x7870_6c6f;

type Migration = fn(&Transaction<'_>) -> Result<()>;

/// Appended to, never changed: files that have seen the first ones exist.
const MIGRATIONS: [Migration; 2] = [
    |database| database.execute_batch(include_str!("migrations/1.sql")),
    |database| {
        database.execute_batch(include_str!("migrations/2.sql"))?;
        carry_over::tasks(database)?;
        database.execute_batch(include_str!("migrations/2_end.sql"))
    },
];

/// The schema's version: how many migrations there are.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// How many migrations the database has seen.
pub(super) fn version(connection: &Connection) -> Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies the migrations that the database has not seen, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    // Immediate, so that of two programs that start on one new file the second waits for the first.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let seen = version(&transaction)?;
    if seen < VERSION {
        for migration in MIGRATIONS.iter().skip(seen as usize) {
            migration(&transaction)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    let shrinks: u32 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if shrinks == 0 {
        // Files of the first version cannot shrink until they are written anew.
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
        connection.execute_batch("VACUUM")?;
    }
    Ok(())
}
