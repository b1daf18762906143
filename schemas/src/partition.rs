//! Which partition a key belongs to. Frozen by `tests/vectors/partitions.tsv`: changing it is a migration.

/// The registrable domain of a host by the public-suffix list of this release (`bbc.co.uk` of `www.bbc.co.uk`); an
/// address, a single label or a bare suffix is its own.
pub fn registrable_domain(host: &str) -> &str {
    let numeric =
        host.starts_with('[') || host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if numeric {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The partition, of `count`, of a key. A key of the form `domain URL` counts by its domain alone, so that everything
/// of one site meets in one worker; any other key counts whole. The hash is murmur2 with Kafka's seed, so that a
/// producer in another language can agree.
///
/// # Panics
/// Never: a `count` of zero gives partition 0.
pub fn partition_of(key: &[u8], count: u32) -> u32 {
    let domain = key.split(|byte| *byte == b' ').next().unwrap_or(key);
    (murmur2(domain) & 0x7fff_ffff) % count.max(1)
}

/// MurmurHash2, 32 bits, as `org.apache.kafka.common.utils.Utils.murmur2` computes it.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let mut h = SEED ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        h = h.wrapping_mul(M) ^ k;
    }
    let tail = words.remainder();
    for (i, byte) in tail.iter().enumerate().rev() {
        h ^= u32::from(*byte) << (8 * i);
    }
    if !tail.is_empty() {
        h = h.wrapping_mul(M);
    }
    h = (h ^ (h >> 13)).wrapping_mul(M);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_is_kafkas() {
        // The values that Apache Kafka's own UtilsTest holds.
        for (text, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }

    #[test]
    fn a_site_is_one_partition() {
        let of = |key: &str| partition_of(key.as_bytes(), 64);
        assert_eq!(of("bbc.co.uk https://www.bbc.co.uk/news/1"), of("bbc.co.uk https://feeds.bbc.co.uk/rss"));
        assert_eq!(partition_of(b"anything", 0), 0);
    }
}
