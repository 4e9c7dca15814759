use std::path::PathBuf;

use clap::value_parser;
use xpander_report_relay::Nats;

// No doc comment: clap would take it for the command's own.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "NATS JetStream")]
pub(super) struct NatsArgs {
    /// Keep waiting reports in NATS JetStream, on these servers with commas between them, in place of a directory.
    /// Any number of relays may share them
    #[arg(long, value_name = "URLS", conflicts_with_all = ["spool", "sync"])]
    nats: Option<String>,

    /// A credentials file for NATS
    #[arg(long, value_name = "FILE", requires = "nats")]
    nats_creds: Option<PathBuf>,

    /// A file with the seed of an NKey for NATS
    #[arg(
        long,
        value_name = "FILE",
        requires = "nats",
        conflicts_with = "nats_creds"
    )]
    nats_nkey: Option<PathBuf>,

    /// Connect to NATS by TLS only
    #[arg(long, requires = "nats")]
    nats_tls: bool,

    /// The root certificates of the NATS servers (PEM) [default: the system's]
    #[arg(long, value_name = "FILE", requires = "nats")]
    nats_tls_ca: Option<PathBuf>,

    /// The certificate to show to the NATS servers (PEM)
    #[arg(long, value_name = "FILE", requires = "nats_tls_key")]
    nats_tls_cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "nats_tls_cert")]
    nats_tls_key: Option<PathBuf>,

    /// How many NATS servers keep each report: 1, or 3 in a cluster [default: 1 for new streams]
    #[arg(long, value_name = "COUNT", requires = "nats", value_parser = value_parser!(u8).range(1..=5))]
    replicas: Option<u8>,

    /// The bytes that waiting reports may have in the stream [default: 1 GiB for new streams]
    #[arg(long, value_name = "BYTES", requires = "nats", value_parser = value_parser!(u64).range(1_048_576..))]
    max_bytes: Option<u64>,
}

impl NatsArgs {
    pub(super) fn nats(&self) -> Option<Nats> {
        let mut nats = Nats::new(self.nats.as_ref()?).require_tls(self.nats_tls);
        if let Some(file) = &self.nats_creds {
            nats = nats.credentials(file);
        }
        if let Some(file) = &self.nats_nkey {
            nats = nats.nkey(file);
        }
        if let Some(file) = &self.nats_tls_ca {
            nats = nats.root_certificates(file);
        }
        if let Some((certificate, key)) =
            self.nats_tls_cert.as_ref().zip(self.nats_tls_key.as_ref())
        {
            nats = nats.client_certificate(certificate, key);
        }
        if let Some(replicas) = self.replicas {
            nats = nats.replicas(replicas.into());
        }
        if let Some(bytes) = self.max_bytes {
            nats = nats.max_bytes(bytes);
        }
        Some(nats)
    }
}
