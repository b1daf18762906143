//! Which addresses may be spoken to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Addresses that are not global unicast, or that a network gives a meaning of its own: the IANA special-purpose
/// registries (RFC 6890 and its successors), and the metadata services of clouds.
const BLOCKED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];
/// The one block of IPv6 that is global unicast; what lies outside it is refused.
const GLOBAL_V6: &str = "2000::/3";
/// Within it: IETF protocol assignments with Teredo, documentation, 6to4, SRv6 identifiers.
const BLOCKED_V6: &[&str] = &["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"];
/// IPv4 inside IPv6 by translation (RFC 6052, RFC 8215).
const TRANSLATED_V6: &[&str] = &["64:ff9b::/96", "64:ff9b:1::/48"];

/// What may be spoken to besides the public internet.
#[derive(Clone, Debug)]
pub struct Networks {
    allowed: Vec<IpNet>,
    blocked: Vec<IpNet>,
    translated: Vec<IpNet>,
    global_v6: IpNet,
}

impl Networks {
    /// The public internet, and these networks.
    pub fn public_and(allowed: Vec<IpNet>) -> Self {
        let read = |texts: &[&str]| texts.iter().filter_map(|text| text.parse().ok()).collect::<Vec<IpNet>>();
        let blocked = read(BLOCKED).into_iter().chain(read(BLOCKED_V6)).collect();
        let everything: IpNet = IpNet::from(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        let global_v6 = GLOBAL_V6.parse().unwrap_or(everything);
        Self { allowed, blocked, translated: read(TRANSLATED_V6), global_v6 }
    }

    /// Whether an address may be spoken to. IPv4 inside IPv6 (mapped, compatible, translated) counts as that IPv4.
    pub fn may_reach(&self, address: IpAddr) -> bool {
        if self.is_allowed(address) {
            return true;
        }
        match address {
            IpAddr::V4(v4) => self.is_public_v4(v4),
            IpAddr::V6(v6) => match self.inside(v6) {
                Some(v4) => self.is_allowed(IpAddr::V4(v4)) || self.is_public_v4(v4),
                None => self.global_v6.contains(&address) && !self.is_blocked(address),
            },
        }
    }

    /// Whether an address lies in a network that a setting allows.
    pub(crate) fn is_allowed(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }

    fn is_public_v4(&self, v4: Ipv4Addr) -> bool {
        !self.is_blocked(IpAddr::V4(v4))
    }

    fn is_blocked(&self, address: IpAddr) -> bool {
        self.blocked.iter().any(|network| network.contains(&address))
    }

    /// The IPv4 address that an IPv6 address stands for.
    fn inside(&self, v6: Ipv6Addr) -> Option<Ipv4Addr> {
        if let Some(mapped) = v6.to_ipv4_mapped() {
            return Some(mapped);
        }
        let [.., a, b, c, d] = v6.octets();
        let low = Ipv4Addr::new(a, b, c, d);
        let compatible = v6.octets()[..12] == [0; 12] && !v6.is_unspecified() && !v6.is_loopback();
        let translated = self.translated.iter().any(|network| network.contains(&IpAddr::V6(v6)));
        (compatible || translated).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_global_unicast_is_reached() {
        let networks = Networks::public_and(Vec::new());
        for public in ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"] {
            assert!(networks.may_reach(public.parse().unwrap()), "{public}");
        }
        for refused in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "fd00:ec2::254",
        ] {
            assert!(!networks.may_reach(refused.parse().unwrap()), "{refused}");
        }
    }

    #[test]
    fn an_allowed_network_is_reached_in_every_spelling() {
        let networks = Networks::public_and(vec!["10.1.0.0/16".parse().unwrap()]);
        assert!(networks.may_reach("10.1.2.3".parse().unwrap()));
        assert!(networks.may_reach("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!networks.may_reach("10.2.0.1".parse().unwrap()));
    }
}
