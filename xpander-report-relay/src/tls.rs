//! The certificate that the relay shows, and its key.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;

/// Reads both from their files, which are PEM.
pub(crate) fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
    let wrong = |path: &Path, problem: String| Error::Tls {
        path: path.to_owned(),
        problem,
    };
    let of_certificate = |error: &dyn std::fmt::Display| {
        wrong(
            certificate,
            format!("it cannot be used as a certificate in PEM: {error}"),
        )
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| of_certificate(&error))?;
    if chain.is_empty() {
        return Err(of_certificate(&"it holds none"));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| wrong(key, format!("it cannot be used as a key in PEM: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, secret)
        })
        .map_err(|error| wrong(key, format!("it does not match the certificate: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
