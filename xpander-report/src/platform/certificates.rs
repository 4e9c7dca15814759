//! The system's certificate authorities. They are read when the first server shows a certificate, so plain http works
//! on a system without any.

use std::sync::Arc;
use std::{env, fmt, io};

use once_cell::race::OnceBox;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::error::{ConfigError, Problem};

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORIES: &str = "SSL_CERT_DIR";

/// A TLS configuration that trusts the system's authorities.
pub(crate) fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(SystemVerifier(provider)))
            .with_no_client_auth(),
    )
}

/// Reads the system's authorities, unless they have been read.
pub(super) fn preload() {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // After a failure, the check of a certificate tries again and reports the error.
    let _ = verifier(&provider);
}

/// The error of a connection that failed because the system has no authorities.
pub(super) fn missing(mut error: &(dyn std::error::Error + 'static)) -> Option<ConfigError> {
    loop {
        if let Some(rustls::Error::Other(OtherError(inner))) = error.downcast_ref() {
            return inner.downcast_ref().map(NoAuthorities::to_config_error);
        }
        // An I/O error skips its inner error and returns that one's source.
        error = match error.downcast_ref().and_then(io::Error::get_ref) {
            Some(inner) => inner,
            None => error.source()?,
        };
    }
}

/// Reads the system's authorities once in a process. Concurrent threads do not wait for each other: in a forked child,
/// the thread to wait for might not exist.
fn verifier(provider: &Arc<CryptoProvider>) -> Result<&'static Verifier, rustls::Error> {
    static VERIFIER: OnceBox<Verifier> = OnceBox::new();
    VERIFIER.get_or_try_init(|| {
        Verifier::new(Arc::clone(provider))
            .map(Box::new)
            .map_err(|_| rustls::Error::Other(OtherError(Arc::new(NoAuthorities))))
    })
}

#[derive(Debug)]
struct SystemVerifier(Arc<CryptoProvider>);

impl ServerCertVerifier for SystemVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verifier(&self.0)?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verifier(&self.0)?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verifier(&self.0)?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The system has no certificate authorities.
#[derive(Debug)]
struct NoAuthorities;

impl NoAuthorities {
    fn to_config_error(&self) -> ConfigError {
        ConfigError {
            variable: FILE,
            setting: "certificates",
            problem: Problem::Lacking(self.to_string()),
        }
    }
}

impl fmt::Display for NoAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = [FILE, DIRECTORIES]
            .into_iter()
            .filter_map(|name| {
                let value = env::var_os(name).filter(|value| !value.is_empty())?;
                Some(format!("{name}={}", value.display()))
            })
            .collect();
        if named.is_empty() {
            f.write_str(
                "this system has no certificate authorities, so https servers cannot be trusted; install \
                 the package ca-certificates, or set SSL_CERT_FILE to a PEM file of authorities",
            )
        } else {
            write!(
                f,
                "{} has no certificate authorities, so https servers cannot be trusted; set SSL_CERT_FILE \
                 to a PEM file of authorities, or unset it and install the package ca-certificates",
                named.join(" ")
            )
        }
    }
}

impl std::error::Error for NoAuthorities {}
