//! TLS of the API, with a certificate that is read again when its file changes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A certificate with its key.
pub(super) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    /// What the certificate's file said, and what came of that.
    now: Mutex<(Vec<u8>, Arc<ServerConfig>)>,
}

impl Tls {
    /// Reads both files.
    pub(super) fn open(certificate: PathBuf, key: PathBuf) -> anyhow::Result<Self> {
        let (said, config) = (said(&certificate), read(&certificate, &key)?);
        Ok(Self { certificate, key, now: Mutex::new((said, config)) })
    }

    /// Shakes hands; none where that does not work.
    pub(super) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.config());
        tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await.ok()?.ok()
    }

    /// What is shown now. Files that make no sense leave what was there; the log says so.
    fn config(&self) -> Arc<ServerConfig> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let said = said(&self.certificate);
        if said != now.0 {
            now.0 = said;
            match read(&self.certificate, &self.key) {
                Ok(config) => now.1 = config,
                Err(error) => tracing::warn!("the certificate of the API stays as it was: {error:#}"),
            }
        }
        now.1.clone()
    }
}

fn said(certificate: &PathBuf) -> Vec<u8> {
    std::fs::read(certificate).unwrap_or_default()
}

fn read(certificate: &PathBuf, key: &PathBuf) -> anyhow::Result<Arc<ServerConfig>> {
    let shown = || format!("--api-cert {}", certificate.display());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).with_context(shown)?;
    let secret = PrivateKeyDer::from_pem_file(key).with_context(|| format!("--api-key {}", key.display()))?;
    let provider = rustls::crypto::ring::default_provider().into();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_no_client_auth().with_single_cert(chain, secret).with_context(shown)?;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsConnector;

    use super::*;

    /// Writes another certificate with its key into a folder.
    fn renew(folder: &std::path::Path) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        std::fs::write(folder.join("key"), made.signing_key.serialize_pem()).expect("a file");
        std::fs::write(folder.join("certificate"), made.cert.pem()).expect("a file");
        made.cert.der().clone()
    }

    /// Whether somebody who trusts that certificate gets through.
    async fn is_shown(tls: &Tls, trusted: CertificateDer<'static>) -> bool {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut roots = RootCertStore::empty();
        roots.add(trusted).expect("a certificate");
        let provider = rustls::crypto::ring::default_provider().into();
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("a provider").with_root_certificates(roots).with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let asks = async {
            let stream = TcpStream::connect(address).await.expect("it listens");
            let name = ServerName::try_from("localhost").expect("a name");
            connector.connect(name, stream).await.is_ok()
        };
        let answers = async {
            let (stream, _) = listener.accept().await.expect("somebody asks");
            tls.accept(stream).await
        };
        tokio::join!(asks, answers).0
    }

    #[tokio::test]
    async fn a_certificate_that_is_renewed_is_shown_and_one_that_makes_no_sense_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let first = renew(folder.path());
        let tls = Tls::open(path("certificate"), path("key")).expect("both are there");
        assert!(is_shown(&tls, first.clone()).await);
        let second = renew(folder.path());
        assert!(is_shown(&tls, second.clone()).await && !is_shown(&tls, first).await);
        std::fs::write(path("certificate"), "words").expect("a file");
        assert!(is_shown(&tls, second).await);
        assert!(Tls::open(path("certificate"), path("key")).is_err());
    }
}
