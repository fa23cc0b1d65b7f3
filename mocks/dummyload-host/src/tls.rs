//! TLS for a mock: a certificate authority made on the spot, and a certificate for the names that a client believes to
//! reach.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The names that go into the certificate. `localhost`, `127.0.0.1` and `::1` always do.
///
/// The authority is made anew for each mock and its key is forgotten at once: nothing that trusts it can be deceived by
/// anybody else later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    names: Vec<String>,
}

impl Tls {
    /// A certificate for this machine's own names.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more name: a host name, `*.` and a domain, or an IP address.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Makes the authority and the certificate.
    pub(crate) fn issue(&self) -> io::Result<Issued> {
        issue(&self.names).map_err(|e| {
            let text = format!("no certificate can be made for the names {:?}: {e}", self.names);
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })
    }
}

/// What a mock serves with, and what its clients have to trust.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate as PEM.
    pub(crate) ca: Arc<str>,
}

/// So long a time that no virtual clock and no old test machine falls out of it.
const YEARS: (i32, i32) = (2020, 2120);

fn issue(names: &[String]) -> Result<Issued, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::new(Vec::<String>::new())?;
    authority.distinguished_name.push(DnType::CommonName, "dummyload mock CA (for tests only)");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (authority.not_before, authority.not_after) =
        (rcgen::date_time_ymd(YEARS.0, 1, 1), rcgen::date_time_ymd(YEARS.1, 1, 1));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut leaf = CertificateParams::new(own.into_iter().chain(names.iter().cloned()).collect::<Vec<_>>())?;
    leaf.distinguished_name.push(DnType::CommonName, "dummyload mock");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    (leaf.not_before, leaf.not_after) = (rcgen::date_time_ymd(YEARS.0, 1, 1), rcgen::date_time_ymd(YEARS.1, 1, 1));
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &authority)?;

    let chain = vec![certificate.der().clone(), CertificateDer::from(authority.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Issued { acceptor: TlsAcceptor::from(Arc::new(config)), ca: authority.pem().into() })
}
