//! Pages: owed, fetched, and passed on as they came.

use frontier::pages::{self, Fetched as Came, Owed};
use pipeline::Refusal;
use schemas::{CanonicalUrl, Entry, FrontierRow, Page, PageKind, PageMeta, PageState, Timestamp};

use crate::{
    Answer, Errand, FetchError, Fetched, Fetcher, Output,
    errand::What,
    sites::{Judged, May},
    stage::{KILLED_US, Table, is_spent, take, url_of},
};

/// Other names of a page that travel on.
const ALIASES_MAX: usize = 12;

impl Fetcher {
    pub(crate) fn entry(
        &self,
        mut entry: Box<Entry>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Result<Vec<Output>, Refusal> {
        let key = FrontierRow::page_key(&entry.link);
        let known = match table.get(&key) {
            Some(FrontierRow::Page(page)) => Some(page),
            _ => None,
        };
        let content = entry.content.take().filter(|_| self.rules.feed_content);
        let from = match pages::owed(known.as_deref(), entry.changed, entry.not_before, &self.rules.policy, now) {
            Owed::Known => return Err(Refusal::Drop("known")),
            // The whole text is here, whatever a request brings.
            Owed::Already if content.is_some() => now,
            Owed::Already => {
                if let Some(mut page) = known.filter(|_| entry.changed) {
                    page.again = page.taken.is_some();
                    page.entry = Some(entry);
                    table.put(&key, FrontierRow::Page(page));
                }
                return Err(Refusal::Drop("owed_already"));
            }
            Owed::From(from) => from,
        };
        let mut page = PageState { since: Some(now), ..PageState::default() };
        let Some(content) = content else {
            (page.due, page.entry) = (Some(from), Some(entry));
            table.put(&key, FrontierRow::Page(Box::new(page)));
            return Ok(Vec::new());
        };
        pages::fetched(&mut page, entry.link.as_str(), Came::Done, &self.rules.policy, now);
        table.put(&key, FrontierRow::Page(Box::new(page)));
        self.metrics.asked("page", "in_the_feed", std::time::Duration::ZERO);
        let meta = PageMeta {
            kind: PageKind::FeedContent,
            url: Some(entry.link.clone()),
            requested_url: None,
            import: None,
            status: None,
            headers: std::collections::BTreeMap::new(),
            fetched_at: now,
            language: entry.language.clone(),
            ai_opt_out: Vec::new(),
            entry: Some(entry),
        };
        Ok(vec![Output::Page(Box::new(Page { meta, body: content.into() }))])
    }

    pub(crate) fn page_due(
        &self,
        key: &[u8],
        mut page: Box<PageState>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Option<Errand> {
        let Some(url) = url_of(key) else {
            table.delete(key);
            return None;
        };
        let taken = take(page.taken, now);
        let unasked = if is_spent(taken, page.reason.as_deref()) {
            Some(Came::Later { reason: KILLED_US, retry_after: None, tries_max: None, ours: false })
        } else {
            match self.may(&url, table, now) {
                May::Go => None,
                May::Forbidden => Some(Came::Never("robots")),
                May::Wait(_) if page.since.is_some_and(|since| now.since(since) >= self.rules.policy.page_given_up) => {
                    Some(Came::Never("robots_unreachable"))
                }
                May::Wait(until) => {
                    (page.due, page.taken) = (Some(until), None);
                    table.put(key, FrontierRow::Page(page));
                    return None;
                }
            }
        };
        if let Some(came) = unasked {
            self.metrics.asked("page", said(came), std::time::Duration::ZERO);
            pages::fetched(&mut page, url.as_str(), came, &self.rules.policy, now);
            table.put(key, FrontierRow::Page(page));
            return None;
        }
        (page.taken, page.due, page.again) = (Some(taken), None, false);
        table.put(key, FrontierRow::Page(page));
        let what = What::Page { robots: Self::known_robots(&url, table) };
        Some(Errand { url, taken, what })
    }

    pub(crate) fn fetched(
        &self,
        key: &[u8],
        mut page: Box<PageState>,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Vec<Output> {
        let (Some(url), Some(entry)) = (url_of(key), page.entry.clone()) else {
            table.delete(key);
            return Vec::new();
        };
        let ours = self.observe(&url, answer);
        page.asked_at = Some(answer.at);
        let judged = self.judge_site(&url, answer, table, now);
        let (came, mut output) = match &answer.result {
            Err(error) => (by_error(error, ours), None),
            Ok(fetched) => self.page(fetched, judged, &url, entry, answer, now),
        };
        if let (Ok(fetched), Some(Output::Page(page))) = (&answer.result, &mut output) {
            page.meta.ai_opt_out = Self::ai_opt_out(&fetched.url, fetched, table);
        }
        self.metrics.asked("page", said(came), answer.took);
        if let (Ok(fetched), Came::Done) = (&answer.result, came)
            && fetched.url != url
        {
            // Whoever names the page by its last address has it already.
            let mut last = PageState::default();
            pages::fetched(&mut last, fetched.url.as_str(), Came::Done, &self.rules.policy, now);
            table.put(&FrontierRow::page_key(&fetched.url), FrontierRow::Page(Box::new(last)));
        }
        pages::fetched(&mut page, url.as_str(), came, &self.rules.policy, now);
        table.put(key, FrontierRow::Page(page));
        output.into_iter().collect()
    }

    fn page(
        &self,
        fetched: &Fetched,
        judged: Judged,
        url: &CanonicalUrl,
        mut entry: Box<Entry>,
        answer: &Answer,
        now: Timestamp,
    ) -> (Came, Option<Output>) {
        if let Some(to) = &fetched.moved_to {
            if entry.hops >= self.rules.hops_max || to == url {
                return (Came::Never("too_many_hops"), None);
            }
            entry.hops += 1;
            entry.aliases.push(url.to_string());
            entry.aliases.truncate(ALIASES_MAX);
            entry.link = to.clone();
            return (Came::Moved, Some(Output::Entry(entry)));
        }
        let retry_after = frontier::retry_after(&fetched.headers, now);
        let came = match judged {
            Judged::Wall => Came::Later { reason: "bot_wall", retry_after, tries_max: None, ours: false },
            _ => pages::by_status(fetched.status, retry_after),
        };
        if came != Came::Done {
            return (came, None);
        }
        if !is_html(fetched) {
            return (Came::Never("not_html"), None);
        }
        if fetched.body.iter().all(u8::is_ascii_whitespace) {
            return (Came::Later { reason: "empty", retry_after: None, tries_max: Some(3), ours: false }, None);
        }
        let meta = PageMeta {
            kind: PageKind::Html,
            url: Some(fetched.url.clone()),
            requested_url: (fetched.url != *url).then(|| url.clone()),
            import: None,
            status: Some(fetched.status),
            headers: fetched.headers.clone(),
            fetched_at: answer.at,
            language: entry.language.clone(),
            ai_opt_out: Vec::new(),
            entry: Some(entry),
        };
        (Came::Done, Some(Output::Page(Box::new(Page { meta, body: fetched.body.clone() }))))
    }
}

/// What came, as the metrics say it.
fn said(came: Came) -> &'static str {
    match came {
        Came::Done => "ok",
        Came::Moved => "moved",
        Came::Never(reason) | Came::Later { reason, .. } => reason,
    }
}

/// What a request that brought nothing means for its page.
fn by_error(error: &FetchError, ours: bool) -> Came {
    let reason = error.reason();
    match error {
        FetchError::Refused(_)
        | FetchError::NotFollowed(_)
        | FetchError::TooLarge { .. }
        | FetchError::Redirect(_)
        | FetchError::Encoding(_) => Came::Never(reason),
        FetchError::Trickle | FetchError::Headers(_) => {
            Came::Later { reason, retry_after: None, tries_max: Some(3), ours: false }
        }
        _ => Came::Later { reason, retry_after: None, tries_max: None, ours },
    }
}

/// Whether a body is a page, by what it says it is, and by its beginning where it says nothing (WHATWG MIME Sniffing).
fn is_html(fetched: &Fetched) -> bool {
    match fetched.headers.get("content-type") {
        Some(kind) => {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(kind.as_str(), "text/html" | "application/xhtml+xml" | "text/xml" | "application/xml" | "")
        }
        None => {
            let start = fetched.body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
            fetched.body[start..].first() == Some(&b'<')
        }
    }
}
