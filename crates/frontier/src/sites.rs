//! What an origin's answers mean for all that is asked of it.

use std::{collections::BTreeMap, time::Duration};

use schemas::{SiteState, Timestamp};

use crate::{
    Policy, Spread,
    robots::{self, Robots},
};

/// A robots.txt is asked for again after this (RFC 9309 section 2.4).
const ROBOTS_FRESH: Duration = Duration::from_secs(24 * 3600);
/// An origin whose robots.txt cannot be reached for so long is taken to have none (RFC 9309 section 2.3.1.4).
const UNREACHABLE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// What waits for a robots.txt that is being asked for looks again after this.
pub const ROBOTS_PAUSE: Duration = Duration::from_millis(500);
/// An origin of which nothing was asked for so long is forgotten.
const SITE_KEPT: Duration = Duration::from_secs(8 * 24 * 3600);
/// `Retry-After: 0` is this.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Without a time named, a site that pushes back is left alone so long; it doubles.
const PAUSE_MIN: Duration = Duration::from_secs(60);
/// And never longer than this.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Whether a path of an origin may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Yes.
    Go,
    /// robots.txt forbids it.
    Forbidden,
    /// robots.txt must be asked for first, which is due now.
    AskFirst,
    /// It is being asked for, or could not be had: come again then.
    Wait(Timestamp),
}

/// Whether `path_and_query` may be asked for at `now`.
pub fn may(site: Option<&SiteState>, path_and_query: &str, now: Timestamp) -> May {
    let Some(site) = site else { return May::AskFirst };
    let fresh = site.robots_at.is_some_and(|at| now.since(at) < ROBOTS_FRESH);
    let is_asked = site.taken.is_some() || site.robots_due.is_some();
    let retry = site.robots_retry.filter(|retry| *retry > now);
    if !fresh && !is_asked && retry.is_none() {
        return May::AskFirst;
    }
    match &site.robots {
        // What was known stands while it cannot be asked for again.
        Some(robots) if Robots::parse(robots).allows(path_and_query) => May::Go,
        Some(_) => May::Forbidden,
        None => May::Wait(retry.unwrap_or(now).plus(ROBOTS_PAUSE)),
    }
}

/// When the row of an origin leaves the table: nothing has been asked of it for longer than a page is remembered.
pub fn expires_at(site: &SiteState) -> Option<Timestamp> {
    if site.taken.is_some() || site.robots_due.is_some() {
        return None;
    }
    let last = [site.robots_at, site.robots_retry, site.not_before].into_iter().flatten().max();
    Some(last.unwrap_or_default().plus(SITE_KEPT))
}

/// Writes into the row what a request for robots.txt brought: its text, empty for a site that has none.
pub fn robots_came(site: &mut SiteState, text: &str, now: Timestamp) {
    let text = robots::head(text);
    site.ai_opt_out = Robots::parse(text).ai_opt_out().to_vec();
    site.robots = Some(text.to_owned());
    (site.robots_at, site.robots_retry, site.robots_due, site.taken, site.failures) = (Some(now), None, None, None, 0);
}

/// Writes into the row that robots.txt could not be had: all is forbidden until it is, or until it has been unreachable
/// for thirty days.
pub fn robots_failed(site: &mut SiteState, url: &str, first: Timestamp, ours: bool, policy: &Policy, now: Timestamp) {
    (site.taken, site.robots_due) = (None, None);
    if !ours {
        site.failures = site.failures.saturating_add(1);
    }
    site.robots_retry = Some(now.plus(policy.backoff(site.failures.max(1), Spread::of(url))));
    if site.robots.is_none() && now.since(first) > UNREACHABLE_MAX {
        site.robots = Some(String::new());
    }
}

/// An answer that asks all of the origin to wait: 429, or a wall; or 503 with a time named, which speaks for the service.
pub fn pushed_back(site: &mut SiteState, reason: &'static str, retry_after: Option<Duration>, now: Timestamp) {
    site.pushed_back = site.pushed_back.saturating_add(1);
    let pause = |times: u32| PAUSE_MIN.saturating_mul(1 << times.min(16)).min(PAUSE_MAX);
    // A time that is named is believed the first time; a site that names too short ones is not asked ever again and again.
    let wait = match retry_after {
        None => pause(site.pushed_back - 1),
        Some(wait) if site.pushed_back == 1 => wait.max(WAIT_MIN),
        Some(wait) => wait.max(pause(site.pushed_back - 2)),
    };
    site.not_before = site.not_before.max(Some(now.plus(wait)));
    site.reason = Some(reason.to_owned());
}

/// An answer as answers should be. Whether that changed the row.
pub fn answered_well(site: &mut SiteState) -> bool {
    let changed = site.pushed_back > 0 || site.bot_wall.is_some();
    (site.pushed_back, site.bot_wall, site.reason) = (0, None, None);
    changed
}

/// Signals beside a page that its text is not for training or mining (`X-Robots-Tag: noai`, and the TDM Reservation
/// Protocol of the W3C community group).
pub fn ai_opt_out(headers: &BTreeMap<String, String>) -> Vec<String> {
    let tags = headers.get("x-robots-tag").map_or("", String::as_str).to_ascii_lowercase();
    let tags = tags.split([',', ':', ' ']).filter(|tag| matches!(*tag, "noai" | "noimageai" | "noml"));
    let mut signals: Vec<_> = tags.map(|tag| format!("x-robots-tag:{tag}")).collect();
    if headers.get("tdm-reservation").is_some_and(|value| value.trim() == "1") {
        signals.push("tdm-reservation".to_owned());
    }
    signals
}

/// Walls that answer instead of the page, by what they cannot help saying.
const WALLS: &[(&str, &[&str])] = &[
    ("cloudflare", &["cf-chl-", "challenge-platform", "cf_chl_opt"]),
    ("datadome", &["captcha-delivery.com", "geo.captcha-delivery"]),
    ("perimeterx", &["_pxcaptcha", "px-captcha", "perimeterx"]),
    ("akamai", &["sec-if-cpt-container", "akam-sw", "ak_bmsc"]),
    ("imperva", &["_incapsula_resource", "incident_id"]),
    ("aws_waf", &["awswafcookiedomainlist", "gokuprops", "awswaf"]),
    ("captcha", &["g-recaptcha", "h-captcha", "hcaptcha.com", "cf-turnstile"]),
];
/// As much of a page is looked at.
const WALL_BYTES: usize = 32 << 10;
/// A wall is a small page: an article may embed a captcha below it.
const WALL_PAGE_BYTES_MAX: usize = 128 << 10;

/// The kind of a wall, if this answer is one.
pub fn wall(status: u16, headers: &BTreeMap<String, String>, body: &[u8]) -> Option<&'static str> {
    if headers.get("cf-mitigated").is_some_and(|value| value.contains("challenge")) {
        return Some("cloudflare");
    }
    if !matches!(status, 401 | 403 | 405 | 406 | 429 | 503) || body.len() > WALL_PAGE_BYTES_MAX {
        return None;
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(WALL_BYTES)]).to_ascii_lowercase();
    let says = |signs: &&(&str, &[&str])| signs.1.iter().any(|sign| head.contains(sign));
    WALLS.iter().find(says).map(|(kind, _)| *kind)
}
