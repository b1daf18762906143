//! What may be asked, and the explanation of it.

use std::{fmt, net::IpAddr};

use schemas::CanonicalUrl;
use url::{Host, Url};

use super::{
    FetchError,
    resolve::{Guard, Unreachable},
};
use crate::address::Block;

/// What the guard thinks of a URL; nothing is connected to for it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The port, said or implied.
    pub port: u16,
    /// Whether that port may be spoken to.
    pub port_allowed: bool,
    /// Each address of the host, and why it is refused if it is.
    pub addresses: Vec<(IpAddr, Option<Block>)>,
}

impl Verdict {
    /// Whether the URL would be fetched. One bad address refuses them all.
    pub fn allowed(&self) -> bool {
        self.port_allowed && !self.addresses.is_empty() && self.addresses.iter().all(|(_, block)| block.is_none())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = if self.port_allowed { "allowed" } else { "refused, pages are not fetched from it" };
        write!(f, "port {}: {port}", self.port)?;
        for (address, block) in &self.addresses {
            match block {
                None => write!(f, "\n{address}: allowed")?,
                Some(block) => write!(f, "\n{address}: refused, {block}")?,
            }
        }
        Ok(())
    }
}

/// Where a URL leads, as far as the URL says.
pub(super) struct Target {
    /// The host, an address in its usual spelling.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    pub(super) fn of(url: &CanonicalUrl) -> Result<Self, FetchError> {
        let refused = |why: &dyn fmt::Display| FetchError::Refused(format!("{url}: {why}"));
        let parsed = Url::parse(url.as_str()).map_err(|error| refused(&error))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refused(&"neither http nor https"));
        }
        let host = match parsed.host() {
            Some(Host::Ipv4(v4)) => v4.to_string(),
            Some(Host::Ipv6(v6)) => v6.to_string(),
            Some(Host::Domain(name)) => name.to_owned(),
            None => return Err(refused(&"no host")),
        };
        Ok(Self { host, port: parsed.port_or_known_default().unwrap_or(0) })
    }
}

/// The check of a URL before it is handed on: what it says itself. Names are checked when they are resolved, and
/// addresses again when they are connected to.
pub(super) fn check(url: &CanonicalUrl, guard: &Guard) -> Result<(), FetchError> {
    let target = Target::of(url)?;
    let Some(address) = Guard::literal(&target.host) else { return Ok(()) };
    match guard.check(&target.host, target.port, &[address]) {
        Err(Unreachable::Denied(why)) => Err(FetchError::Refused(why)),
        Err(other) => Err(FetchError::Refused(other.to_string())),
        Ok(()) => Ok(()),
    }
}
