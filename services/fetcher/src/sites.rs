//! Sites: what their robots.txt allows, and what an answer means for all that is asked of them.

use std::{sync::Arc, time::Duration};

use frontier::{Robots, sites};
use schemas::{CanonicalUrl, FrontierRow, SiteState, Timestamp, registrable_domain};

use crate::{
    Answer, Errand, FetchError, Fetched, Fetcher,
    errand::What,
    stage::{Table, is_spent, take, url_of},
};

/// Whether a URL may be asked for now.
pub(crate) enum May {
    Go,
    Forbidden,
    Wait(Timestamp),
}

/// What an answer says of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Well,
    /// It asks to wait.
    Busy(Option<Duration>),
    /// A wall answered.
    Wall,
}

impl Fetcher {
    /// Whether a path may be asked for; where robots.txt must be asked first, its row is made due.
    pub(crate) fn may(&self, url: &CanonicalUrl, table: &mut Table<'_>, now: Timestamp) -> May {
        let key = FrontierRow::site_key(url);
        let mut site = site(table, &key);
        match sites::may(site.as_deref(), url.path_and_query(), now) {
            sites::May::Go => May::Go,
            sites::May::Forbidden => May::Forbidden,
            sites::May::Wait(until) => May::Wait(until),
            sites::May::AskFirst => {
                let mut row = site.take().unwrap_or_default();
                row.robots_due = Some(now);
                row.first_asked.get_or_insert(now);
                table.put(&key, FrontierRow::Site(row));
                May::Wait(now.plus(sites::ROBOTS_PAUSE))
            }
        }
    }

    /// What is known of the origins of a page's site: its own, with and without `www.`, by http and https.
    pub(crate) fn known_robots(url: &CanonicalUrl, table: &Table<'_>) -> Vec<(String, Arc<Robots>)> {
        let Some((_, authority)) = url.origin().split_once("://") else { return Vec::new() };
        let other = authority.strip_prefix("www.").map_or_else(|| format!("www.{authority}"), ToOwned::to_owned);
        let origins = ["http", "https"]
            .into_iter()
            .flat_map(|scheme| [authority, &other].map(|authority| format!("{scheme}://{authority}")));
        let known = origins.filter_map(|origin| {
            let key = FrontierRow::site_key(&CanonicalUrl::parse(&origin).ok()?);
            let robots = site(table, &key)?.robots?;
            Some((origin, Arc::new(Robots::parse(&robots))))
        });
        known.collect()
    }

    /// What the site of a page says of uses beyond reading, in its robots.txt and beside the page.
    pub(crate) fn ai_opt_out(url: &CanonicalUrl, fetched: &Fetched, table: &Table<'_>) -> Vec<String> {
        let of_site = site(table, &FrontierRow::site_key(url)).map(|row| row.ai_opt_out).unwrap_or_default();
        of_site.into_iter().chain(sites::ai_opt_out(&fetched.headers)).collect()
    }

    /// What an answer means for the whole of its origin.
    pub(crate) fn judge_site(
        &self,
        url: &CanonicalUrl,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Judged {
        let Ok(fetched) = &answer.result else { return Judged::Well };
        // What another site said behind a redirect says nothing of this one.
        let is_own = registrable_domain(fetched.url.host()) == registrable_domain(url.host());
        let retry_after = frontier::retry_after(&fetched.headers, now);
        let wall = sites::wall(fetched.status, &fetched.headers, &fetched.body);
        let judged = match (wall, fetched.status, retry_after) {
            (Some(_), ..) => Judged::Wall,
            (None, 429, _) => Judged::Busy(retry_after),
            (None, 503, Some(_)) => Judged::Busy(retry_after),
            _ => Judged::Well,
        };
        if !is_own {
            return judged;
        }
        let key = FrontierRow::site_key(&fetched.url);
        let known = site(table, &key);
        match judged {
            Judged::Well => {
                if let Some(mut row) = known
                    && (fetched.status < 400 || fetched.status == 404)
                    && sites::answered_well(&mut row)
                {
                    table.put(&key, FrontierRow::Site(row));
                }
            }
            Judged::Busy(_) | Judged::Wall => {
                let mut row = known.unwrap_or_default();
                row.bot_wall = wall.map(str::to_owned);
                let reason = if wall.is_some() { "bot_wall" } else { "retry_after" };
                sites::pushed_back(&mut row, reason, retry_after, now);
                table.put(&key, FrontierRow::Site(row));
            }
        }
        judged
    }

    pub(crate) fn robots_due(
        &self,
        key: &[u8],
        mut row: Box<SiteState>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Option<Errand> {
        let Some(url) = url_of(key).and_then(|origin| origin.join("/robots.txt").ok()) else {
            table.delete(key);
            return None;
        };
        let taken = take(row.taken, now);
        if is_spent(taken, None) {
            let first = row.first_asked.unwrap_or(now);
            sites::robots_failed(&mut row, url.as_str(), first, false, &self.rules.policy, now);
            table.put(key, FrontierRow::Site(row));
            return None;
        }
        (row.taken, row.robots_due) = (Some(taken), None);
        table.put(key, FrontierRow::Site(row));
        Some(Errand { url, taken, what: What::Robots })
    }

    pub(crate) fn robots_answered(
        &self,
        key: &[u8],
        mut row: Box<SiteState>,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) {
        let Some(url) = url_of(key) else { return };
        let ours = self.observe(&url, answer);
        row.asked_at = Some(answer.at);
        let first = row.first_asked.unwrap_or(now);
        let outcome = match &answer.result {
            Ok(fetched) if (200..=299).contains(&fetched.status) => {
                sites::robots_came(&mut row, &String::from_utf8_lossy(&fetched.body), now);
                "ok"
            }
            // Unavailable: there are no rules (RFC 9309 section 2.3.1.3). 429 is no such answer.
            Ok(fetched) if (300..=499).contains(&fetched.status) && fetched.status != 429 => {
                sites::robots_came(&mut row, "", now);
                "none"
            }
            Ok(fetched) => {
                sites::robots_failed(&mut row, url.as_str(), first, false, &self.rules.policy, now);
                if let Some(wait) = frontier::retry_after(&fetched.headers, now) {
                    row.robots_retry = row.robots_retry.max(Some(now.plus(wait)));
                }
                "server_error"
            }
            // More redirects than are followed: there are no rules either (RFC 9309 section 2.3.1.2).
            Err(FetchError::Redirect(_)) => {
                sites::robots_came(&mut row, "", now);
                "none"
            }
            Err(error) => {
                sites::robots_failed(&mut row, url.as_str(), first, ours, &self.rules.policy, now);
                error.reason()
            }
        };
        self.metrics.asked("robots", outcome, answer.took);
        table.put(key, FrontierRow::Site(row));
    }
}

fn site(table: &Table<'_>, key: &[u8]) -> Option<Box<SiteState>> {
    match table.get(key) {
        Some(FrontierRow::Site(row)) => Some(row),
        _ => None,
    }
}
