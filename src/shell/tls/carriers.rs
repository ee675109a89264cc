//! Whom we believe: the carriers that we call over TLS, and how each proves to be the one.

use super::{certificates, crypto};
use crate::config::Config;
use crate::config::valid::{ListenTransport, Trunk, Trust};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_rustls::TlsConnector;
use tracing::{error, warn};

/// The carriers that are called over TLS, and where they were found.
#[derive(Debug, Default)]
pub struct Carriers {
    known: BTreeMap<String, Carrier>,
    found: Mutex<BTreeMap<SocketAddr, String>>,
}

/// How to call one carrier.
#[derive(Clone)]
pub struct Carrier {
    /// Opens connections, believing those who are to be believed.
    pub connector: TlsConnector,
    /// Whom the carrier must prove to be.
    pub name: ServerName<'static>,
    /// The trunk whose calls may come back over the connection, if those must be proven, too: it has proven to us
    /// who it is.
    pub proves: Option<String>,
}

impl Carriers {
    /// Those of the configuration. One whose authorities cannot be read is told and left out: it cannot be
    /// reached, and the others can.
    pub fn of(config: &Config) -> Carriers {
        let mut carriers = Carriers::default();
        for (name, trunk) in &config.trunks {
            if trunk.transport != ListenTransport::Tls {
                continue;
            }
            match carrier(name, trunk) {
                Ok(carrier) => drop(carriers.known.insert(name.clone(), carrier)),
                Err(why) => error!("trunk {name} cannot be reached: {why}; the others can"),
            }
        }
        carriers
    }

    /// Whether this trunk is one that can be called over TLS.
    pub fn knows(&self, trunk: &str) -> bool {
        self.known.contains_key(trunk)
    }

    /// This trunk has been found at these addresses, and nowhere else.
    pub fn found(&self, trunk: &str, addresses: impl Iterator<Item = SocketAddr>) {
        let mut found = self.lock();
        found.retain(|_, of| of != trunk);
        found.extend(addresses.map(|address| (address, trunk.to_owned())));
    }

    /// The carrier that was found at this address. Where two were, it is the one that was found there last.
    pub fn at(&self, address: SocketAddr) -> Option<Carrier> {
        let found = self.lock();
        self.known.get(found.get(&address)?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SocketAddr, String>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Carrier({:?})", self.name)
    }
}

/// The authorities in this file; at least one that can be used.
pub fn authorities(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn carrier(known_as: &str, trunk: &Trunk) -> Result<Carrier, String> {
    let name = ServerName::try_from(trunk.host.clone()).map_err(|error| error.to_string())?;
    let builder = ClientConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match &trunk.trust {
        Trust::Machine => builder.with_root_certificates(of_this_machine()?),
        Trust::Authorities(file) => builder.with_root_certificates(
            authorities(file).map_err(|why| format!("{} cannot be used: {why}", file.display()))?,
        ),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(crypto()))),
    };
    Ok(Carrier {
        connector: TlsConnector::from(Arc::new(builder.with_no_client_auth())),
        name,
        proves: trunk
            .proof
            .as_ref()
            .filter(|_| trunk.trust != Trust::Anybody)
            .map(|_| known_as.to_owned()),
    })
}

fn of_this_machine() -> Result<RootCertStore, String> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _ignored) = roots.add_parsable_certificates(loaded.certs);
    for error in &loaded.errors {
        warn!("some authorities of this machine cannot be read: {error}");
    }
    match usable {
        0 => Err(
            "this machine knows no authorities: install its ca-certificates, or name some with `ca`"
                .to_owned(),
        ),
        _ => Ok(roots),
    }
}

/// Believes everybody, because the configuration says so: the calls are hidden from those who only listen,
/// and open to whoever gets in between.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
