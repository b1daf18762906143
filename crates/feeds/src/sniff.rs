//! What kind of document a text is, by its first element that says so and never by what a server calls it.

use crate::xml::{Token, Tokens};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    Json,
    /// With something before its root that does not belong there: warnings of a script, a piece of a page.
    Feed {
        junk: bool,
    },
    SitemapIndex,
    Opml,
    Page,
    Unknown,
}

pub(crate) fn kind(text: &str) -> Kind {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c.is_control());
    if start.is_empty() {
        return Kind::Empty;
    }
    if start.starts_with('{') {
        return Kind::Json;
    }
    let mut is_html = false;
    let mut junk = false;
    for token in Tokens::xml(start) {
        match token {
            Token::Start { name, .. } => {
                let local = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
                match local.as_str() {
                    "rss" | "rdf" | "feed" | "channel" | "urlset" | "item" | "entry" => return Kind::Feed { junk },
                    "sitemapindex" => return Kind::SitemapIndex,
                    "opml" => return Kind::Opml,
                    "html" | "head" | "body" | "meta" => return Kind::Page,
                    "a" | "div" | "p" | "title" | "link" | "script" | "table" => is_html = true,
                    _ => {}
                }
                junk = true;
            }
            Token::Text(text) => junk |= !text.trim().is_empty(),
            Token::Doctype(_) | Token::CData(_) | Token::End(_) => {}
        }
    }
    if is_html { Kind::Page } else { Kind::Unknown }
}

/// Magic numbers of formats that are no text, and bytes that no text has.
pub(crate) fn is_binary(body: &[u8]) -> bool {
    const MAGIC: &[&[u8]] =
        &[b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"OggS", b"\x1f\x8b"];
    if MAGIC.iter().any(|magic| body.starts_with(magic)) {
        return true;
    }
    if encoding_rs::Encoding::for_bom(body).is_some() {
        return false;
    }
    // Markup in UTF-16 and UTF-32 is full of NULs, and XML with a few of them is still XML.
    let head = &body[..body.len().min(1024)];
    let odd = head.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    odd * 4 > head.len() && !head.contains(&b'<') && !head.contains(&b'{')
}
