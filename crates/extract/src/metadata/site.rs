//! The site's name, and how to cut it off a title.

use super::json_ld::JsonLd;
use super::meta;
use crate::fold::key;
use crate::page::Facts;

/// What is known of the site's name.
#[derive(Debug, Default)]
pub(crate) struct Site {
    /// Its names as the page states them, comparable.
    keys: Vec<String>,
    /// The host without `www`, letters and digits alone.
    host: String,
    /// The longest part of the host, which is most often the name.
    label: String,
}

/// Marks that part a headline from the site's name. Those that also stand within headlines come last.
const PARTERS: &[&str] = &[
    " | ", "｜", " :: ", "_", " » ", " « ", " · ", " • ", " ¦ ", " ‹ ", " › ", " > ", " < ", " / ", " ~ ", "—", " – ",
    " - ", "--", " : ", " ⋆ ", "|", "：", ": ",
];
/// Of these, those that no headline has within.
const STRONG: &[&str] = &[" | ", "｜", " :: ", "_", " » ", " « ", " ¦ ", " ‹ ", " › ", " ⋆ "];
/// Those behind which a headline goes on.
const COLONS: &[&str] = &["：", ": "];
/// Parts of a title looked at.
const PARTS_MAX: usize = 8;

impl Site {
    pub(super) fn new(facts: &Facts, linked: &JsonLd, url: Option<&str>) -> Self {
        let name = meta(facts, &["og:site_name", "application-name", "apple-mobile-web-app-title"])
            .map(|name| super::entities::decode(name).into_owned())
            .or_else(|| linked.publisher.clone())
            .or_else(|| linked.site.clone());
        let host = url.and_then(|url| url.split('/').nth(2)).unwrap_or_default().to_lowercase();
        let host = host.split(':').next().unwrap_or_default();
        let host = host.strip_prefix("www.").unwrap_or(host);
        let labels = host.rsplit_once('.').map_or(host, |(labels, _)| labels);
        let label = labels.split('.').max_by_key(|label| label.len()).map(key).unwrap_or_default();
        let names = [name.as_deref(), linked.publisher.as_deref(), linked.site.as_deref()];
        let handle = meta(facts, &["twitter:site"]).map(|handle| handle.trim_start_matches('@'));
        let mut keys: Vec<String> = Vec::new();
        for name in names.into_iter().chain([handle]).flatten().map(key) {
            if !name.is_empty() && !keys.contains(&name) {
                keys.push(name);
            }
        }
        Self { keys, host: key(host), label }
    }

    /// Whether a comparable text is the site's name and nothing else.
    pub(crate) fn is_name(&self, text: &str) -> bool {
        self.keys.iter().any(|name| name == text) || (!text.is_empty() && (text == self.host || text == self.label))
    }

    /// Whether a host is the site's own, or one below or above it.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        let host = key(host.strip_prefix("www.").unwrap_or(host));
        self.host.is_empty() || self.host.ends_with(&host) || host.ends_with(&self.host)
    }

    /// Whether a comparable author's name is the site's: its own, or a longer one around it.
    pub(crate) fn is_author_name(&self, text: &str) -> bool {
        self.is_name(text) || self.keys.iter().any(|name| name.chars().count() > 4 && text.contains(name.as_str()))
    }

    /// Whether a part of a title names the site.
    fn named_by(&self, part: &str) -> bool {
        let own = key(part);
        let letters = own.chars().count();
        if own.is_empty() {
            return false;
        }
        self.is_name(&own)
            || self.keys.iter().any(|name| {
                let length = name.chars().count();
                (letters > 3 && name.contains(&own))
                    || (length > 3 && own.contains(name.as_str()) && letters < 3 * length)
            })
            || (own.is_ascii() && letters > 2 && self.host.contains(&own))
            || (self.label.len() > 3 && own.contains(&self.label))
            || self.is_initials(part)
    }

    /// `The Riverside Courier` at `trc.example`.
    fn is_initials(&self, part: &str) -> bool {
        let initials: String = part.split_whitespace().filter_map(|word| word.chars().next()).collect();
        initials.chars().count() >= 3 && key(&initials) == self.label
    }

    /// Both sides of every mark in a title that may part it from the site's name.
    pub(super) fn partings<'a>(&self, title: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut partings = Vec::new();
        for parter in PARTERS {
            for (at, found) in title.match_indices(parter) {
                if partings.len() >= PARTS_MAX {
                    return partings;
                }
                let (left, right) = (title[..at].trim(), title[at + found.len()..].trim());
                if !left.is_empty() && !right.is_empty() {
                    partings.push((left, right));
                }
            }
        }
        partings
    }

    /// Cuts ` | Site` or `Site - ` off.
    pub(crate) fn cut(&self, title: &str) -> String {
        let mut title = title.trim();
        for _ in 0..PARTS_MAX {
            let Some(shorter) = self.cut_once(title) else { break };
            title = shorter;
        }
        title.to_owned()
    }

    fn cut_once<'a>(&self, title: &'a str) -> Option<&'a str> {
        for parter in PARTERS {
            if let Some((left, right)) = title.rsplit_once(parter) {
                let (left, right) = (left.trim(), right.trim());
                let unspaced = left.chars().any(crate::fold::is_unspaced);
                // `_` parts Chinese titles, and stands within names elsewhere.
                let strong = STRONG.contains(parter) && (unspaced || *parter != "_");
                let short = right.split_whitespace().count() <= 4
                    && left.chars().count() > if unspaced { 5 } else { 15 }
                    && right.chars().count() < left.chars().count();
                let enough = left.chars().count() >= if unspaced { 2 } else { 4 };
                if enough && ((!COLONS.contains(parter) && self.named_by(right)) || (strong && short)) {
                    return Some(left);
                }
            }
            if let Some((left, right)) = title.split_once(parter)
                && right.chars().count() >= 8
                && self.named_by(left)
                && !self.named_by(right)
                && (!COLONS.contains(parter) || self.is_name(&key(left)))
            {
                return Some(right.trim());
            }
        }
        cut_tight(title)
    }
}

/// Letters of a site's name in a script without spaces.
const TIGHT_LETTERS_MAX: usize = 8;

/// `大桥重新开放-河边网`: scripts without spaces set none around the mark either.
fn cut_tight(title: &str) -> Option<&str> {
    let (left, right) = title.rsplit_once(['-', '－', '–', '—', '|', '︱', '丨'])?;
    let unspaced = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).all(crate::fold::is_unspaced);
    let letters = right.chars().count();
    let name = !right.is_empty() && letters <= TIGHT_LETTERS_MAX && unspaced(right) && !right.contains(' ');
    let fits = name && left.chars().any(crate::fold::is_unspaced) && left.chars().count() > letters.max(5);
    fits.then(|| left.trim_end_matches(['-', '－', '–', '—', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, url: &str) -> Site {
        let facts = Facts { metas: vec![("og:site_name".into(), name.into())], ..Facts::default() };
        Site::new(&facts, &JsonLd::default(), Some(url))
    }

    #[test]
    fn names_of_sites_are_cut_off_titles() {
        let courier = site("Riverside Courier", "https://www.riversidecourier.example/a");
        assert_eq!(courier.cut("Bridge opens again | Riverside Courier"), "Bridge opens again");
        assert_eq!(courier.cut("Bridge opens again - News - Riverside Courier"), "Bridge opens again - News");
        assert_eq!(courier.cut("Riverside Courier :: Bridge opens again"), "Bridge opens again");
        assert_eq!(courier.cut("Riverside Courier: Bridge opens again"), "Bridge opens again");
        assert_eq!(courier.cut("Bridge - and road - open again"), "Bridge - and road - open again");
        assert_eq!(courier.cut("Riverside Courier"), "Riverside Courier");
        let river = site("河边日报", "https://hebian.example/a");
        assert_eq!(river.cut("大桥今天重新开放-流水网"), "大桥今天重新开放");
        assert_eq!(river.cut("大桥今天重新开放_新闻中心_河边日报"), "大桥今天重新开放");
    }

    #[test]
    fn a_site_is_known_by_its_host_and_initials() {
        let host = site("", "https://www.flussbote.example/a");
        assert_eq!(host.cut("Brücke wieder offen – Flussbote"), "Brücke wieder offen");
        let initials = site("", "https://www.trc.example/a");
        assert_eq!(initials.cut("Bridge opens again - The Riverside Courier"), "Bridge opens again");
    }
}
