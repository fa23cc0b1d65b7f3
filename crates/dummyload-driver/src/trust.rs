//! Who must vouch for a server.

#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::fmt;
use std::sync::Arc;

/// What a secured connection is set up with.
#[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
pub(crate) type Config = rustls::ClientConfig;
/// Without TLS there is none.
#[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
pub(crate) type Config = std::convert::Infallible;

/// The certificate authorities that are trusted on secured connections: by default those of the rustls feature.
#[derive(Clone, Default)]
pub struct Trust(Option<Arc<Config>>);

impl Trust {
    /// These authorities and no others, as PEM: for servers with certificates of their own, as a mock's are.
    ///
    /// # Errors
    /// There is none in the text, or this was built without a rustls feature.
    #[cfg(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots"))]
    pub fn only(pem: &str) -> Result<Self, TrustError> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate.map(|certificate| roots.add(certificate));
            if !matches!(added, Ok(Ok(()))) {
                return Err(TrustError::NotACertificate);
            }
        }
        if roots.is_empty() {
            return Err(TrustError::NotACertificate);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.map_err(|_| TrustError::NoTls)?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self(Some(Arc::new(config))))
    }

    /// These authorities and no others, as PEM: for servers with certificates of their own, as a mock's are.
    ///
    /// # Errors
    /// There is none in the text, or this was built without a rustls feature.
    #[cfg(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")))]
    pub fn only(_: &str) -> Result<Self, TrustError> {
        Err(TrustError::NoTls)
    }

    /// `None` for the usual ones.
    #[cfg_attr(not(any(feature = "rustls-native-roots", feature = "rustls-webpki-roots")), allow(dead_code))]
    pub(crate) fn config(&self) -> Option<Arc<Config>> {
        self.0.clone()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Trust(own authorities)" } else { "Trust(the usual authorities)" })
    }
}

/// Why an authority cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustError {
    /// What should be certificates as PEM is something else, or nothing.
    NotACertificate,
    /// There is no TLS in this build.
    NoTls,
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotACertificate => "no certificates of authorities: PEM is wanted, -----BEGIN CERTIFICATE----- ...",
            Self::NoTls => "there is no TLS without one of the rustls features",
        })
    }
}

impl std::error::Error for TrustError {}
