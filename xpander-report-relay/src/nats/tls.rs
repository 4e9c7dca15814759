//! TLS towards the servers of NATS.
//!
//! The configuration is made here and not by the client of NATS, which panics in a program with two cryptography
//! providers.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use xpander_report::relay::system_tls;

use super::Nats;
use crate::pem;

/// Trusts the authorities in the file that is named, else the system's.
pub(super) fn config(nats: &Nats) -> Result<ClientConfig, String> {
    let unusable = |error: rustls::Error| format!("TLS cannot be set up: {error}");
    let provider = Arc::new(ring::default_provider());
    let mut config = match &nats.root_certificates {
        Some(file) => ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_root_certificates(roots(file)?)
            .with_no_client_auth(),
        None => system_tls().map_err(unusable)?,
    };
    if let Some((certificate, key)) = &nats.client_certificate {
        let chain =
            pem::certificates(certificate).map_err(|problem| wrong(certificate, problem))?;
        let secret = pem::key(key).map_err(|problem| wrong(key, problem))?;
        let certified = CertifiedKey::from_der(chain, secret, &provider)
            .map_err(|error| wrong(key, format!("it does not match the certificate: {error}")))?;
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    }
    Ok(config)
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let certificates = pem::certificates(file).map_err(|problem| wrong(file, problem))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| {
            wrong(
                file,
                format!("it contains an authority that cannot be used: {error}"),
            )
        })?;
    }
    Ok(roots)
}

fn wrong(file: &Path, problem: String) -> String {
    format!("the file {}: {problem}", file.display())
}
