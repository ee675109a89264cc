//! TLS (RFC 3261 §26.3.1): who we are to those who call us, and whom we believe when we call.

mod carriers;
mod guests;
mod identity;

pub use carriers::{Carrier, Carriers, authorities};
pub use guests::Guests;
pub use identity::{identify, worry};

use rustls::crypto::CryptoProvider;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// More than any chain, and more than all authorities of a machine; what is longer is the wrong file.
const MAX_PEM_BYTES: u64 = 4 * 1024 * 1024;

/// The one library that does our cryptography, said at every place: no other crate's choice counts.
fn crypto() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_PEM_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_PEM_BYTES {
        return Err(format!("it is longer than {MAX_PEM_BYTES} bytes"));
    }
    Ok(bytes)
}

/// At least one certificate.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(none) if none.is_empty() => Err("there is no certificate in it".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}
