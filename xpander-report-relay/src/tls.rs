//! The certificate that the relay shows, and its key.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;

use crate::error::Error;
use crate::pem;

/// Reads both from their files, which are PEM.
pub(crate) fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
    let wrong = |path: &Path, problem: String| Error::Tls {
        path: path.to_owned(),
        problem,
    };
    let chain = pem::certificates(certificate).map_err(|problem| wrong(certificate, problem))?;
    let secret = pem::key(key).map_err(|problem| wrong(key, problem))?;
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
