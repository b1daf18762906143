//! Offsets from UTC that a place, a language or an abbreviation stands for. The table is data: `data/zones.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fold::Quick;

static ZONES: LazyLock<HashMap<(&'static str, &'static str), i32, Quick>> = LazyLock::new(|| {
    let mut zones = HashMap::default();
    let mut section = "";
    for line in include_str!("../../data/zones.txt").lines().filter(|line| !line.starts_with("//")) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let pairs = line.split(", ").filter_map(|pair| pair.split_once(' '));
        zones.extend(pairs.filter_map(|(name, minutes)| Some(((section, name), minutes.parse().ok()?))));
    }
    zones
});

/// The zone that an abbreviation means, in minutes east of UTC.
pub(super) fn named(word: &str) -> Option<i32> {
    ZONES.get(&("names", word)).copied()
}

/// The zone that the site's country or language keeps all year.
pub(super) fn of_site(language: Option<&str>, url: Option<&str>) -> Option<i32> {
    let host = url.and_then(|url| url.split('/').nth(2)).and_then(|host| host.split(':').next()).unwrap_or_default();
    let country = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let language = language.map(|tag| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase()).unwrap_or_default();
    let by_country = ZONES.get(&("countries", country.as_str()));
    by_country.or_else(|| ZONES.get(&("languages", language.as_str()))).copied()
}
