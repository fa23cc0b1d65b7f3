//! `dummyload serve --tls`: what lets programs that know only the real service reach a mock.

use crate::protocols::{Protocol, StartTls, Started};
use crate::serve::write_whole;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Serve HTTPS and WSS, with a certificate made on the spot, and on the real service's ports too if they can be had
    #[arg(long)]
    tls: bool,
    /// A name in the certificate, *.DOMAIN for all of a domain [default: those of the real service]
    #[arg(long, value_name = "NAME", requires = "tls", value_parser = name)]
    tls_name: Vec<String>,
    /// A further port to listen on; 0 takes a free one [default: those of the real service, none with --port 0]
    #[arg(long, value_name = "N", requires = "tls")]
    tls_port: Vec<u16>,
    /// Where to write the certificate that clients have to trust; removed at the end [default: a file for temporary ones]
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_file: Option<PathBuf>,
}

/// A host name, `*.` and a domain, or an IP address.
fn name(text: &str) -> Result<String, String> {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let host = text.strip_prefix("*.").unwrap_or(text).split('.').all(label);
    if host || text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    Err("write a host name, *.DOMAIN, or an IP address".to_owned())
}

impl TlsArgs {
    /// What a mock needs for it; `None` without `--tls`.
    ///
    /// # Errors
    /// A port that was asked for by its number cannot be had; the text says what to do.
    pub(crate) fn start(
        &self,
        protocol: &Protocol,
        host: IpAddr,
        first: Option<u16>,
    ) -> Result<Option<StartTls>, String> {
        if !self.tls {
            return Ok(None);
        }
        let names = if self.tls_name.is_empty() {
            protocol.tls_names.iter().map(|name| (*name).to_owned()).collect()
        } else {
            self.tls_name.clone()
        };
        let mut also = Vec::new();
        for port in &self.tls_port {
            let address = SocketAddr::new(host, *port);
            probe(address).map_err(|e| format!("{protocol:?}: {e}"))?;
            also.push(address);
        }
        if self.tls_port.is_empty() && first != Some(0) {
            for port in protocol.tls_ports {
                let address = SocketAddr::new(host, *port);
                match probe(address) {
                    Ok(()) => also.push(address),
                    Err(e) => {
                        tracing::warn!("{protocol:?} is served without port {port}, where its clients expect it: {e}");
                    }
                }
            }
        }
        Ok(Some(StartTls { names, also }))
    }

    /// Writes the certificates of all mocks into one file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, mocks: &[(&Protocol, Started)]) -> Result<Option<CaFile>, String> {
        if !self.tls {
            return Ok(None);
        }
        let (path, folder) = match &self.ca_file {
            Some(path) => (path.clone(), None),
            None => {
                let folder =
                    folder().map_err(|e| format!("no folder for temporary files: {e}; give --ca-file FILE"))?;
                (folder.join("ca.pem"), Some(folder))
            }
        };
        let certificates: String = mocks.iter().filter_map(|(_, started)| started.mock.ca()).collect();
        write_whole(&path, &certificates).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
        let names = if self.tls_name.is_empty() {
            let names = mocks.iter().flat_map(|(protocol, _)| protocol.tls_names);
            names.map(|name| (*name).to_owned()).collect()
        } else {
            self.tls_name.clone()
        };
        // Whoever listens everywhere is reached on this machine too.
        let address = mocks.first().map(|(_, started)| started.mock.address().ip()).filter(|ip| !ip.is_unspecified());
        Ok(Some(CaFile { path, folder, names, address: address.unwrap_or(IpAddr::from([127, 0, 0, 1])) }))
    }
}

/// A folder that nobody else has made, so that no link of somebody else's stands in it.
fn folder() -> io::Result<PathBuf> {
    let mut made = Err(io::ErrorKind::AlreadyExists.into());
    for number in 0..100 {
        let folder = env::temp_dir().join(format!("dummyload-{}-{number}", process::id()));
        made = fs::create_dir(&folder).map(|()| folder);
        if !made.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::AlreadyExists) {
            break;
        }
    }
    made
}

/// Whether a port can be had, and if not, what to do about it.
fn probe(address: SocketAddr) -> Result<(), String> {
    let Err(e) = TcpListener::bind(address) else { return Ok(()) };
    let advice = match e.kind() {
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need rights: run as root, give the program the capability CAP_NET_BIND_SERVICE, lower \
             net.ipv4.ip_unprivileged_port_start, or redirect the port to this one"
        }
        io::ErrorKind::AddrInUse => {
            "another program, or another mock, uses it: serve one protocol at a time, or choose another --host"
        }
        _ => "choose another address with --host",
    };
    Err(format!("cannot listen on {address}: {e}; {advice}"))
}

/// The file with what clients have to trust. Removed with this value, since nothing that is signed with it lives longer.
#[derive(Debug)]
pub(crate) struct CaFile {
    path: PathBuf,
    /// Made for it.
    folder: Option<PathBuf>,
    names: Vec<String>,
    address: IpAddr,
}

impl CaFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What to do on the side of the client.
    pub(crate) fn advice(&self) -> String {
        let ca = self.path.display();
        let names: Vec<&str> = self.names.iter().filter(|name| !name.starts_with("*.")).map(String::as_str).collect();
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\nTo lead a program here that knows only the real service, put this line into its /etc/hosts:\n  {} {}\n\
             and let it trust {ca}:\n  Node     NODE_EXTRA_CA_CERTS={ca}\n  Python   SSL_CERT_FILE={ca} \
             REQUESTS_CA_BUNDLE={ca}\n  OpenSSL, curl, Go, Rust   SSL_CERT_FILE={ca}\n",
            self.address,
            names.join(" "),
        );
        text
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // A file that somebody else has removed is as good.
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}
