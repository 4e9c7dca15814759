use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, StreamOwned};
use rustls_platform_verifier::BuilderVerifierExt;

/// A TLS connection with a trusted certificate.
pub(super) type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A client that trusts the system's certificate authorities. `None` when there are none.
pub(super) fn client() -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_platform_verifier())
        .ok()?;
    Some(config.with_no_client_auth())
}

pub(super) fn handshake(
    config: ClientConfig,
    host: &str,
    mut connection: TcpStream,
) -> io::Result<Stream> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut session = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut connection)?;
    }
    Ok(StreamOwned::new(session, connection))
}

/// Explains a failed handshake.
pub(super) fn advice(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        )) => "The certificate is not valid at this machine's time. Check the clock.",
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "The certificate is for another name. Check the address.",
        Some(rustls::Error::InvalidCertificate(_)) => {
            "This machine does not trust the certificate. If a company proxy inspects the \
             traffic, or you run the platform yourself, add its certificate authority to this \
             system."
        }
        _ => "The server does not speak TLS correctly. Check the scheme and the port.",
    }
}
