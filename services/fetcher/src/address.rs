//! Which addresses may be spoken to.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 that is not global unicast, or that a network gives a meaning of its own: the IANA special-purpose registry
/// (RFC 6890 and its successors), and the metadata services of clouds.
const BLOCKED_V4: [([u8; 4], u8, &str); 20] = [
    ([0, 0, 0, 0], 8, "this host"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared by a provider"),
    ([127, 0, 0, 0], 8, "loopback"),
    ([168, 63, 129, 16], 32, "a cloud's own services"),
    ([169, 254, 0, 0], 16, "link-local, cloud metadata"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "protocol assignments"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 31, 196, 0], 24, "AS112"),
    ([192, 52, 193, 0], 24, "AMT"),
    ([192, 88, 99, 0], 24, "6to4 relay"),
    ([192, 168, 0, 0], 16, "private"),
    ([192, 175, 48, 0], 24, "AS112"),
    ([198, 18, 0, 0], 15, "benchmarking"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved"),
    ([255, 255, 255, 255], 32, "broadcast"),
];
/// The one block of IPv6 that is global unicast; what lies outside it is refused.
const GLOBAL_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// What lies within it and is not for us.
const BLOCKED_V6: [([u16; 4], u8, &str); 5] = [
    ([0x2001, 0, 0, 0], 23, "protocol assignments, Teredo"),
    ([0x2001, 0xdb8, 0, 0], 32, "documentation"),
    ([0x2002, 0, 0, 0], 16, "6to4"),
    ([0x2620, 0x4f, 0x8000, 0], 48, "AS112"),
    ([0x3fff, 0, 0, 0], 20, "documentation"),
];
/// IPv4 by way of a translator (RFC 6052); the local-use prefix of RFC 8215 is no global address and so refused.
const TRANSLATED_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// What may be spoken to besides the public internet.
#[derive(Clone, Debug)]
pub struct Networks {
    allowed: Vec<IpNet>,
}

/// Why an address is not spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The network that the address, or the IPv4 address inside it, belongs to.
    pub network: IpNet,
    /// What that network is for.
    pub what: &'static str,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.network, self.what)
    }
}

impl Networks {
    /// The public internet, and these networks.
    pub fn public_and(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether an address may be spoken to. IPv4 inside IPv6 (mapped, translated) counts as that IPv4.
    pub fn may_reach(&self, address: IpAddr) -> bool {
        self.refusal(address).is_none()
    }

    /// Why an address may not be spoken to; nothing where it may.
    pub fn refusal(&self, address: IpAddr) -> Option<Block> {
        if self.is_allowed(address) {
            return None;
        }
        match address {
            IpAddr::V4(v4) => blocked_v4(v4),
            IpAddr::V6(v6) => match inside(v6) {
                Some(v4) if self.is_allowed(IpAddr::V4(v4)) => None,
                Some(v4) => blocked_v4(v4),
                None => blocked_v6(v6),
            },
        }
    }

    /// Whether an address lies in a network that a setting allows.
    pub(crate) fn is_allowed(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }
}

fn blocked_v4(address: Ipv4Addr) -> Option<Block> {
    BLOCKED_V4.iter().find_map(|(start, length, what)| {
        let network = Ipv4Net::new(Ipv4Addr::from(*start), *length).ok()?;
        network.contains(&address).then_some(Block { network: IpNet::V4(network), what })
    })
}

fn blocked_v6(address: Ipv6Addr) -> Option<Block> {
    if !GLOBAL_V6.contains(&address) {
        let network = IpNet::from(IpAddr::V6(address));
        return Some(Block { network, what: "outside 2000::/3, the global unicast addresses" });
    }
    let blocked = BLOCKED_V6.iter().find_map(|([a, b, c, d], length, what)| {
        let network = Ipv6Net::new(Ipv6Addr::new(*a, *b, *c, *d, 0, 0, 0, 0), *length).ok()?;
        network.contains(&address).then_some(Block { network: IpNet::V6(network), what })
    });
    blocked.or_else(|| blocked_v4(tunnelled(address)?))
}

/// The IPv4 address that an IPv6 address stands for: mapped (RFC 4291 2.5.5.2) or translated. The compatible ones
/// (`::a.b.c.d`) are deprecated and lie outside the global block.
fn inside(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    v6.to_ipv4_mapped().or_else(|| TRANSLATED_V6.contains(&v6).then(|| low(v6)))
}

/// The IPv4 address at the end of a tunnel in a site's own network (ISATAP, RFC 5214 section 6.1).
fn tunnelled(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., kind, id, _, _] = v6.segments();
    (id == 0x5efe && kind & 0xfdff == 0).then(|| low(v6))
}

fn low(v6: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = v6.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_global_unicast_is_reached() {
        let networks = Networks::public_and(Vec::new());
        let public = "93.184.216.34 1.1.1.1 2606:4700::1111 ::ffff:93.184.216.34 64:ff9b::5db8:d822 \
            2606:4700::5efe:5db8:d822 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 168.63.129.15 172.15.255.255 \
            172.32.0.0 192.0.1.0 223.255.255.255 2001:200::1 2003::1 3ffe::1 2620:4f:8001::1";
        for public in public.split_whitespace() {
            assert_eq!(networks.refusal(public.parse().unwrap()), None, "{public}");
        }
        let refused = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 \
            127.9.9.9 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 \
            192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 \
            203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::93.184.216.34 ::ffff:0:127.0.0.1 \
            64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 64:ff9b:1::5db8:d822 100::1 100:0:0:1::1 \
            fc00::1 fd12::1 fd00:ec2::254 fe80::1 fe80::5efe:7f00:1 febf::1 fec0::1 ff02::1 ff0e::1 \
            2001::1 2001:0:7f00:1:: 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:5db8:d822:: 2620:4f:8000::1 3fff::1 \
            5f00::1 4000::1 2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:127.0.0.1";
        for refused in refused.split_whitespace() {
            assert!(networks.refusal(refused.parse().unwrap()).is_some(), "{refused}");
        }
    }

    #[test]
    fn a_refusal_names_the_network() {
        let why = |address: &str| Networks::public_and(Vec::new()).refusal(address.parse().unwrap()).unwrap();
        assert_eq!(why("10.1.2.3").to_string(), "10.0.0.0/8: private");
        assert_eq!(why("::ffff:169.254.169.254").to_string(), "169.254.0.0/16: link-local, cloud metadata");
        assert_eq!(why("2002:a00:1::").to_string(), "2002::/16: 6to4");
    }

    #[test]
    fn an_allowed_network_is_reached_in_every_spelling() {
        let networks = Networks::public_and(vec!["10.1.0.0/16".parse().unwrap()]);
        assert!(networks.may_reach("10.1.2.3".parse().unwrap()));
        assert!(networks.may_reach("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!networks.may_reach("10.2.0.1".parse().unwrap()));
    }
}
