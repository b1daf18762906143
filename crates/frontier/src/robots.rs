//! robots.txt (RFC 9309): which paths of an origin may be asked for. One pass over the file, and matching in time linear
//! in path and rule: the file is written by strangers.

use std::time::Duration;

/// The token that our group is found by (RFC 9309 section 2.2.1).
pub const TOKEN: &str = "wiredesk";
/// More of the file than this is not read (RFC 9309 section 2.5 asks for at least so much).
pub const BYTES_MAX: usize = 500 << 10;
/// Rules that are kept; real files have some hundred.
const RULES_MAX: usize = 10_000;
/// A longer pattern names no path that we would ask for.
const PATTERN_BYTES_MAX: usize = 2_048;
/// Crawlers that gather text to train models or to answer from it: their exclusion is recorded.
const AI_CRAWLERS: &[&str] = &[
    "ai2bot",
    "amazonbot",
    "anthropic-ai",
    "applebot-extended",
    "bytespider",
    "ccbot",
    "claudebot",
    "cohere-ai",
    "cohere-training-data-crawler",
    "diffbot",
    "facebookbot",
    "google-extended",
    "gptbot",
    "meta-externalagent",
    "oai-searchbot",
    "omgili",
    "perplexitybot",
    "timpibot",
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    /// Between wildcards; escapes in one spelling.
    parts: Vec<Vec<u8>>,
    /// Ends with `$`.
    whole: bool,
    /// How much of a path it names: the longest rule wins.
    weight: usize,
}

/// What a robots.txt says to us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    ai_opt_out: Vec<String>,
}

/// Whom the lines of a group speak to.
#[derive(Clone, Copy, Default)]
struct Group {
    us: bool,
    everyone: bool,
}

impl Robots {
    /// Reads a file; what is no rule is passed over.
    pub fn parse(text: &str) -> Self {
        let mut ours = Self::default();
        let mut everyones = Self::default();
        let (mut named, mut ai) = (false, Vec::new());
        let (mut group, mut crawlers, mut in_head) = (Group::default(), Vec::<&'static str>::new(), false);
        for line in head(text).trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((field, value)) = line.split_once(':') else { continue };
            let (field, value) = (field.trim(), value.trim());
            if is_field(field, &["user-agent", "useragent", "user agent"]) {
                if !in_head {
                    (group, in_head) = (Group::default(), true);
                    crawlers.clear();
                }
                let token =
                    value.split(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '_' || c.is_ascii_digit()));
                let token = token.into_iter().next().unwrap_or_default();
                group.everyone |= value.starts_with('*');
                group.us |= token.eq_ignore_ascii_case(TOKEN);
                named |= group.us;
                crawlers.extend(AI_CRAWLERS.iter().filter(|crawler| token.eq_ignore_ascii_case(crawler)));
            } else if is_field(field, &["allow", "disallow", "dissallow"]) {
                in_head = false;
                let allow = field.eq_ignore_ascii_case("allow");
                if !allow && value == "/" {
                    ai.extend(crawlers.iter().map(|crawler| format!("robots:{crawler}")));
                }
                if let Some(rule) = rule(allow, value) {
                    ours.add(group.us, &rule);
                    everyones.add(group.everyone, &rule);
                }
            } else if is_field(field, &["crawl-delay"]) {
                in_head = false;
                let delay = value.parse::<f64>().ok().and_then(|delay| Duration::try_from_secs_f64(delay).ok());
                for (robots, is_meant) in [(&mut ours, group.us), (&mut everyones, group.everyone)] {
                    if is_meant {
                        robots.crawl_delay = robots.crawl_delay.max(delay);
                    }
                }
            } else if is_field(field, &["content-signal"]) && (group.everyone || group.us) {
                // contentsignals.org: `ai-train=no, ai-input=no`
                let refused = value.split([',', ' ']).map(str::trim).filter(|signal| {
                    let lower = signal.to_ascii_lowercase();
                    lower == "ai-train=no" || lower == "ai-input=no"
                });
                ai.extend(refused.map(|signal| format!("content-signal:{}", signal.to_ascii_lowercase())));
            }
        }
        ai.sort_unstable();
        ai.dedup();
        let robots = if named { ours } else { everyones };
        Self { ai_opt_out: ai, ..robots }
    }

    fn add(&mut self, is_meant: bool, rule: &Rule) {
        if is_meant && self.rules.len() < RULES_MAX {
            self.rules.push(rule.clone());
        }
    }

    /// Whether this path with its query may be asked for: by the longest rule that matches it, and where an allowing and
    /// a forbidding one are equally long, by the allowing one (RFC 9309 section 2.2.2).
    pub fn allows(&self, path_and_query: &str) -> bool {
        if path_and_query == "/robots.txt" {
            return true;
        }
        let path = one_spelling(path_and_query.as_bytes());
        let longest = self.rules.iter().filter(|rule| rule.matches(&path)).max_by_key(|rule| (rule.weight, rule.allow));
        longest.is_none_or(|rule| rule.allow)
    }

    /// The pause that the file asks for between requests; not in the RFC, and widely used.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Signals that the site's text is not for models: `robots:gptbot`, `content-signal:ai-train=no`.
    pub fn ai_opt_out(&self) -> &[String] {
        &self.ai_opt_out
    }
}

/// As much of a file as is read.
pub(crate) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(BYTES_MAX)]
}

fn is_field(field: &str, names: &[&str]) -> bool {
    names.iter().any(|name| field.eq_ignore_ascii_case(name))
}

fn rule(allow: bool, pattern: &str) -> Option<Rule> {
    if pattern.is_empty() || pattern.len() > PATTERN_BYTES_MAX {
        return None; // `Disallow:` alone allows everything
    }
    let (pattern, whole) = pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    let pattern = one_spelling(pattern.as_bytes());
    let weight = pattern.len() + usize::from(whole);
    let mut parts: Vec<Vec<u8>> = pattern.split(|byte| *byte == b'*').map(<[u8]>::to_vec).collect();
    // `a**b` is `a*b`; what is between the first and the last may be empty and says nothing then.
    let last = parts.len() - 1;
    let mut place = 0;
    parts.retain(|part| {
        let stays = place == 0 || place == last || !part.is_empty();
        place += 1;
        stays
    });
    Some(Rule { allow, parts, whole, weight })
}

impl Rule {
    /// Greedy: each part at the first place where it fits behind the one before, the last at the end if it must.
    fn matches(&self, path: &[u8]) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        if !path.starts_with(first) {
            return false;
        }
        let Some((last, middle)) = rest.split_last() else { return !self.whole || path.len() == first.len() };
        let mut at = first.len();
        for part in middle {
            match find(&path[at..], part) {
                Some(found) => at += found + part.len(),
                None => return false,
            }
        }
        if self.whole {
            path.len() >= at + last.len() && path.ends_with(last)
        } else {
            find(&path[at..], last).is_some()
        }
    }
}

/// The first place of `part` in `text`; linear, since the shortest of both bounds it (Knuth, Morris, Pratt 1977).
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    let mut failure = vec![0; part.len()];
    let mut length = 0;
    for at in 1..part.len() {
        while length > 0 && part[at] != part[length] {
            length = failure[length - 1];
        }
        length += usize::from(part[at] == part[length]);
        failure[at] = length;
    }
    let mut matched = 0;
    for (at, byte) in text.iter().enumerate() {
        while matched > 0 && *byte != part[matched] {
            matched = failure[matched - 1];
        }
        matched += usize::from(*byte == part[matched]);
        if matched == part.len() {
            return Some(at + 1 - part.len());
        }
    }
    None
}

/// Escapes in one spelling (RFC 9309 section 2.2.2): what needs none is bare, what needs one has upper-case digits.
fn one_spelling(path: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let (byte, escaped) = match (byte, digit(path.get(at + 1)), digit(path.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                (u8::try_from(high * 16 + low).unwrap_or(b'%'), true)
            }
            _ => (*byte, false),
        };
        at += 1;
        let bare = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if bare || (!escaped && byte.is_ascii_graphic()) {
            out.push(byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    out
}
