//! What the servers of xpander-report share: the local platform and the relay.
//!
//! Before and around a handler: [`server`] and [`connections`] (who is served), [`limits`], [`access`] and [`guard`] (who gets
//! an answer), [`path`] (the organization, and the route), [`body`] and [`reader`] (what was sent), [`problem`] (every
//! refusal). [`caller`], [`report`], [`field`] and [`record`] are the forms of the platform's API.
//!
//! Not for use by hand: it changes with the crates that use it.
//!
//! | feature | what it adds |
//! |---|---|
//! | `sqlite` | errors of SQLite become problems |
//! | `tls` | the server speaks TLS |

pub mod access;
pub mod address;
pub mod body;
pub mod caller;
pub mod connections;
pub mod field;
pub mod guard;
pub mod limits;
pub mod path;
pub mod problem;
pub mod reader;
pub mod record;
pub mod report;
pub mod server;
pub mod sync;
pub mod write_timeout;
