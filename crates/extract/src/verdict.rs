//! Whether a page is an article. Refusing a true article is the worst error, so only what is sure is said.

use crate::types::{Block, Verdict};

/// What a page declares itself to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) article: bool,
    /// `og:type` says that it is something for sale.
    pub(crate) product: bool,
    /// JSON-LD describes something for sale; a review may do that as well.
    pub(crate) offer: bool,
}

/// Characters of text below which a page that offers something for sale is not a review of it.
const REVIEW_CHARS_MIN: usize = 1500;
/// Characters of text that an error page may have.
const ERROR_CHARS_MAX: usize = 600;

/// Judges by what the page declares and by what is left of it.
pub(crate) fn judge(blocks: &[Block], declared: Declared, title: Option<&str>) -> Verdict {
    if blocks.is_empty() {
        return Verdict::Empty;
    }
    let kept: usize = blocks.iter().filter(|block| block.kept).map(|block| block.text.chars().count()).sum();
    if title.is_some_and(is_error_title) && kept < ERROR_CHARS_MAX {
        return Verdict::NotArticle("error_page");
    }
    if declared.article {
        return Verdict::Article;
    }
    if declared.product || (declared.offer && kept < REVIEW_CHARS_MIN) {
        return Verdict::NotArticle("product");
    }
    if kept == 0 { Verdict::NotArticle("no_text") } else { Verdict::Article }
}

/// Titles of servers' error pages and bot walls.
fn is_error_title(title: &str) -> bool {
    const TITLES: &[&str] = &[
        "404",
        "403",
        "500",
        "502",
        "503",
        "404 not found",
        "403 forbidden",
        "page not found",
        "not found",
        "access denied",
        "error 404",
        "404 error",
        "just a moment...",
        "attention required! | cloudflare",
        "are you a robot?",
        "robot check",
        "service unavailable",
        "bad gateway",
        "internal server error",
        "seite nicht gefunden",
        "page introuvable",
        "página no encontrada",
        "pagina non trovata",
        "страница не найдена",
        "sayfa bulunamadı",
        "페이지를 찾을 수 없습니다",
        "ページが見つかりません",
        "页面不存在",
        "502 bad gateway",
        "sign in",
        "log in",
    ];
    let lower = title.trim().to_lowercase();
    TITLES.contains(&lower.as_str())
}
