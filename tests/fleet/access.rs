//! How a relay shows its servers who it is, and checks who they are.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair as CertificateKey,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use xpander_report_relay::{Nats, Relay};

use crate::nats::Server;
use crate::support::{post, start_with};

const AWAY: &str = "http://127.0.0.1:9";

fn accepts(relay: &Relay) {
    assert_eq!(post(relay, r#"{"id":"t"}"#).status, 200);
}

#[track_caller]
fn refused(nats: Nats, words: &str) {
    let error = start_with(AWAY, nats).unwrap_err().to_string();
    assert!(error.contains(words), "`{words}` is not in: {error}");
}

#[test]
fn an_nkey_is_enough() {
    let dir = TempDir::new().unwrap();
    let (known, stranger) = (KeyPair::new_user(), KeyPair::new_user());
    let users = format!(
        "authorization {{ users: [{{ nkey: {} }}] }}",
        known.public_key()
    );
    let server = Server::with(dir.path(), &users);
    let file = |key: &KeyPair, name: &str| {
        let path = dir.path().join(name);
        fs::write(&path, format!("# a user\n{}\n", key.seed().unwrap())).unwrap();
        path
    };
    let nats = |file: PathBuf| Nats::new(server.url()).nkey(file);
    accepts(&start_with(AWAY, nats(file(&known, "known"))).unwrap());
    refused(nats(file(&stranger, "stranger")), "refuses the credentials");
}

/// A JWT of NATS.
fn jwt(subject: &KeyPair, name: &str, claims: Value, issuer: &KeyPair) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let claims = json!({
        "jti": name, "iat": 1_700_000_000, "iss": issuer.public_key(), "name": name,
        "sub": subject.public_key(), "nats": claims,
    });
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_credentials_file_is_enough() {
    let dir = TempDir::new().unwrap();
    let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
    let (user, stranger) = (KeyPair::new_user(), KeyPair::new_user());
    let of_operator = jwt(
        &operator,
        "operator",
        json!({"type": "operator", "version": 2}),
        &operator,
    );
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
        "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
    });
    let of_account = jwt(
        &account,
        "account",
        json!({"type": "account", "version": 2, "limits": limits}),
        &operator,
    );
    // JetStream needs an account of the system.
    let system = KeyPair::new_account();
    let of_system = jwt(
        &system,
        "system",
        json!({"type": "account", "version": 2}),
        &operator,
    );
    let config = format!(
        "operator: {of_operator}\nsystem_account: {1}\nresolver: MEMORY\n\
         resolver_preload: {{ {0}: {of_account}, {1}: {of_system} }}",
        account.public_key(),
        system.public_key()
    );
    let server = Server::with(dir.path(), &config);
    let file = |key: &KeyPair, signer: &KeyPair, name: &str| {
        let claims = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            jwt(key, name, claims, signer),
            key.seed().unwrap()
        );
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let nats = |file: PathBuf| Nats::new(server.url()).credentials(file);
    accepts(&start_with(AWAY, nats(file(&user, &account, "user"))).unwrap());
    let foreign = file(&stranger, &KeyPair::new_account(), "stranger");
    refused(nats(foreign), "refuses the credentials");
    refused(nats(dir.path().join("missing")), "the credentials file");
}

/// Certificates in files: an authority, and what it has issued.
struct Authority {
    issuer: Issuer<'static, CertificateKey>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = CertificateKey::generate().unwrap();
        let file = folder.join(name);
        fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    /// The files with a certificate and its key.
    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = CertificateKey::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = (
            self.file.with_file_name(format!("{name}.pem")),
            self.file.with_file_name(format!("{name}.key")),
        );
        fs::write(&files.0, certificate.pem()).unwrap();
        fs::write(&files.1, key.serialize_pem()).unwrap();
        files
    }
}

#[test]
fn both_sides_show_certificates() {
    let dir = TempDir::new().unwrap();
    let authority = Authority::new(dir.path(), "authority");
    let other = Authority::new(dir.path(), "other");
    let server = authority.issue("server", ExtendedKeyUsagePurpose::ServerAuth);
    let client = authority.issue("client", ExtendedKeyUsagePurpose::ClientAuth);
    let foreign = other.issue("foreign", ExtendedKeyUsagePurpose::ClientAuth);
    let config = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
        server.0, server.1, authority.file
    );
    let server = Server::with(dir.path(), &config);
    let nats = || Nats::new(server.url()).require_tls(true);
    let trusting = || nats().root_certificates(&authority.file);

    let relay = start_with(AWAY, trusting().client_certificate(&client.0, &client.1));
    accepts(&relay.unwrap());
    let by_scheme = Nats::new(server.url().replace("nats:", "tls:"));
    let by_scheme = by_scheme.root_certificates(&authority.file);
    let relay = start_with(AWAY, by_scheme.client_certificate(&client.0, &client.1));
    accepts(&relay.unwrap());
    // The server is not the one that it should be.
    let untrusting = nats().root_certificates(&other.file);
    refused(
        untrusting.client_certificate(&client.0, &client.1),
        "invalid peer certificate",
    );
    refused(
        trusting().root_certificates(dir.path().join("missing")),
        "missing",
    );
    // The relay is not one that the server knows.
    for relay in [
        start_with(AWAY, trusting()),
        start_with(AWAY, trusting().client_certificate(&foreign.0, &foreign.1)),
    ] {
        let accepted = relay.map(|relay| post(&relay, r#"{"id":"t"}"#).status);
        assert!(!matches!(accepted, Ok(200)), "{accepted:?}");
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    refused(Nats::new(server.url()).require_tls(true), "TLS");
}
