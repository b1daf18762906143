//! Whether a page is an article. Refusing a true article is the worst error, so only what is sure is said.

use crate::types::{Block, Verdict};

/// Judges by what is left of the input.
pub(crate) fn judge(blocks: &[Block], declared_article: bool, title: Option<&str>) -> Verdict {
    if blocks.is_empty() {
        return Verdict::Empty;
    }
    let kept: usize = blocks.iter().filter(|block| block.kept).map(|block| block.text.chars().count()).sum();
    let error_title = title.is_some_and(is_error_title);
    if error_title && kept < 600 {
        return Verdict::NotArticle("error_page");
    }
    if kept == 0 && !declared_article {
        return Verdict::NotArticle("no_text");
    }
    Verdict::Article
}

/// Titles of servers' error pages and bot walls.
fn is_error_title(title: &str) -> bool {
    const TITLES: &[&str] = &[
        "404", "403", "500", "502", "503", "404 not found", "403 forbidden", "page not found", "not found",
        "access denied", "error 404", "404 error", "just a moment...", "attention required! | cloudflare",
        "are you a robot?", "robot check", "service unavailable", "bad gateway", "internal server error",
        "seite nicht gefunden", "page introuvable", "página no encontrada", "pagina non trovata", "страница не найдена",
        "sayfa bulunamadı", "페이지를 찾을 수 없습니다", "ページが見つかりません", "页面不存在", "502 bad gateway", "sign in", "log in",
    ];
    let lower = title.trim().to_lowercase();
    TITLES.contains(&lower.as_str())
}
