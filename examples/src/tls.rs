//! The TLS provider of the examples.

/// Makes *ring* the process's provider of cryptography for TLS.
///
/// reqwest is built without a provider of its own and panics on building a client when none is
/// installed. Calling this again, or after another provider was installed, changes nothing.
pub fn install() {
    // An error means that a provider is installed already, which is all that is needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
