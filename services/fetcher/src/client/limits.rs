//! What a fetch may cost.

use std::time::Duration;

/// The limits of one fetch, and of what is kept between fetches. Two more come from the HTTP library, which has no
/// setting for them: 16 KiB for the extensions of chunks, and 16 KiB for trailers. What a server may send for one
/// request in all, whatever it be, is twice [`Self::body_bytes_max`] and four times [`Self::header_bytes_max`].
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// To resolve the name, connect and agree on TLS: all addresses of the name together.
    pub connect: Duration,
    /// From the request until the headers are whole, a new connection included; then without a single byte.
    pub read: Duration,
    /// From the first connection to the last byte, redirects included.
    pub total: Duration,
    /// A body must come at least this fast once [`Self::rate_after`] has passed (bytes a second).
    pub rate_min: u64,
    /// When the rate begins to count.
    pub rate_after: Duration,
    /// Bytes of the body on the wire, and again after decoding: no request may ask for more.
    pub body_bytes_max: usize,
    /// Pieces in which a body may come: a byte a piece costs more than it brings.
    pub chunks_max: u32,
    /// Redirects that are followed.
    pub redirects_max: u32,
    /// Headers of a response.
    pub headers_max: usize,
    /// Status line, names and values together (bytes).
    pub header_bytes_max: usize,
    /// Interim responses before the one that counts (RFC 9110 section 15.2).
    pub interim_max: u32,
    /// Addresses of a name that are tried.
    pub addresses_max: usize,
    /// Names that are resolved at a time.
    pub lookups_max: usize,
    /// Ports that may be spoken to; private services listen elsewhere. In a network that a setting allows, any may.
    pub ports: Vec<u16>,
    /// Idle connections that are kept for a host.
    pub idle_per_host_max: usize,
    /// Idle connections that are kept for all hosts together. Open ones count; at that many the idle are let go.
    pub idle_max: usize,
    /// How long a connection may be idle.
    pub idle: Duration,
    /// What an HTTP/2 server may send ahead of our reading, for a response and for a connection (bytes).
    pub window_bytes: u32,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
            total: Duration::from_secs(15),
            rate_min: 4_096,
            rate_after: Duration::from_secs(5),
            body_bytes_max: schemas::limits::FEED_BYTES_MAX,
            chunks_max: 20_000,
            redirects_max: 5,
            headers_max: 100,
            header_bytes_max: 64 << 10,
            interim_max: 16,
            addresses_max: 8,
            lookups_max: 128,
            ports: vec![80, 443, 8080, 8443],
            idle_per_host_max: 2,
            idle_max: 512,
            idle: Duration::from_secs(30),
            window_bytes: 1 << 20,
        }
    }
}
