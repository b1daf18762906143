//! Bodies that mean harm, each as large as a body may be.

/// A name and what makes the bytes.
pub(crate) type Case = (&'static str, fn(usize) -> Vec<u8>);

const RSS: &str = "<rss version=\"2.0\"><channel>";

fn filled(start: &str, unit: &str, bytes: usize) -> Vec<u8> {
    let mut out = String::with_capacity(bytes + unit.len());
    out.push_str(start);
    while out.len() < bytes {
        out.push_str(unit);
    }
    out.into_bytes()
}

fn numbered(start: &str, unit: fn(usize) -> String, bytes: usize) -> Vec<u8> {
    let mut out = String::with_capacity(bytes + 100);
    out.push_str(start);
    for number in 0.. {
        if out.len() >= bytes {
            break;
        }
        out.push_str(&unit(number));
    }
    out.into_bytes()
}

fn in_item(unit: &str, bytes: usize) -> Vec<u8> {
    filled(&format!("{RSS}<item><description>"), unit, bytes)
}

pub(crate) const CASES: &[Case] = &[
    ("deep_nesting", |n| filled(RSS, "<a>", n)),
    ("deep_nesting_in_content", |n| filled("<feed><entry><content type='xhtml'>", "<div>", n)),
    ("deep_and_wrongly_closed", |n| filled(&"<a>".repeat(127), "</b>", n)),
    ("opened_and_wrongly_closed", |n| filled(RSS, "<b><c></d>", n)),
    ("many_attributes", |n| numbered("<rss><channel a='", |i| format!("' a{i}='1"), n)),
    ("many_attributes_of_many_items", |n| filled(RSS, &format!("<item{}/>", " a=\"1\"".repeat(200)), n)),
    ("one_huge_attribute", |n| filled("<rss><channel><item><link href=\"http://x.example/", "abcdefgh", n)),
    ("one_huge_closed_attribute", |n| {
        let mut body = filled("<rss><channel><item><link href=\"http://x.example/", "abcdefgh", n - 40);
        body.extend(b"\"/></item></channel></rss>");
        body
    }),
    ("unclosed_tags", |n| filled(RSS, "<item><title>a<link>b", n)),
    ("tags_without_end", |n| filled(RSS, "<item ", n)),
    ("stray_quotes", |n| filled(RSS, "<a b=\"<c d='", n)),
    ("open_quotes", |n| filled("<a b=", "\"x=", n)),
    ("many_namespaces", |n| numbered("<rss", |i| format!(" xmlns:a{i}='u'"), n)),
    ("many_namespaces_nested", |n| numbered(RSS, |i| format!("<a{i}:b xmlns:a{i}='http://u.example/{i}'>"), n)),
    ("many_prefixes", |n| filled("<rss xmlns:a='1' xmlns:b='2' xmlns:c='3'><channel>", "<z:a></z:a>", n)),
    ("less_than", |n| filled(RSS, "<", n)),
    ("less_than_in_text", |n| in_item("<", n)),
    ("ampersands", |n| in_item("&", n)),
    ("references", |n| in_item("&nbsp;", n)),
    ("long_references", |n| in_item("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n)),
    ("numeric_references", |n| in_item("&#x10FFFF;", n)),
    ("expanding_references", |n| in_item("&ngE;", n)),
    ("escaped_in_xhtml", |n| filled("<feed><entry><content type='xhtml'>", "\"", n)),
    ("cdata_ends", |n| in_item("]]>", n)),
    ("cdata_starts", |n| in_item("<![CDATA[", n)),
    ("cdata_sections", |n| in_item("<![CDATA[a]]>", n)),
    ("comment_starts", |n| filled(RSS, "<!--", n)),
    ("comments", |n| filled(RSS, "<!---->", n)),
    ("instructions", |n| filled(RSS, "<?a?>", n)),
    ("document_types", |n| filled("", "<!DOCTYPE a [<!ENTITY b 'c'>]>", n)),
    ("open_document_types", |n| filled("", "<!DOCTYPE a [", n)),
    ("huge_document_type", |n| {
        numbered("<!DOCTYPE a [", |i| format!("<!ENTITY e{i} \"&e{};&e{};\">", i / 2, i / 3), n)
    }),
    ("entity_bomb", |n| {
        let declared = (1..30).map(|i| format!("<!ENTITY e{i} \"{}\">", format!("&e{};", i - 1).repeat(10)));
        let declared: String =
            std::iter::once(format!("<!ENTITY e0 \"{}\">", "bomb".repeat(200))).chain(declared).collect();
        filled(&format!("<!DOCTYPE rss [{declared}]>{RSS}<item><description>"), "&e29;&e0;", n)
    }),
    ("tiny_items", |n| filled(RSS, "<item/>", n)),
    ("tiny_entries", |n| filled("<feed>", "<entry><id>a</id></entry>", n)),
    ("tiny_urls", |n| filled("<urlset>", "<url><loc>http://x.example/</loc></url>", n)),
    ("tiny_sitemaps", |n| filled("<sitemapindex>", "<sitemap><loc>http://x.example/</loc></sitemap>", n)),
    ("tiny_outlines", |n| filled("<opml><body>", "<outline xmlUrl='http://x.example/'/>", n)),
    ("deep_outlines", |n| {
        let mut body = filled("<opml><body>", &format!("<outline text='{}'>", "t".repeat(8000)), n / 8);
        body.extend(filled("", "<outline xmlUrl='http://x.example/'/>", n - body.len()));
        body
    }),
    ("many_links_of_an_item", |n| filled(&format!("{RSS}<item>"), "<link href='a'/>", n)),
    ("many_categories", |n| numbered(&format!("{RSS}<item>"), |i| format!("<category>{i}</category>"), n)),
    ("many_enclosures", |n| {
        numbered(&format!("{RSS}<item>"), |i| format!("<enclosure url='http://x.example/{i}'/>"), n)
    }),
    ("long_base_many_links", |n| {
        let base = "b".repeat(1000);
        filled(
            &format!("<feed xml:base='http://x.example/{base}/'>"),
            "<entry><link href='a'/><link rel='enclosure' href='b'/></entry>",
            n,
        )
    }),
    ("many_bases", |n| {
        let base = "b".repeat(900);
        filled(&format!("<feed xml:base='http://x.example/{base}/'>"), "<a xml:base='c'/>", n)
    }),
    ("base_of_every_entry", |n| {
        let base = "b".repeat(900);
        filled(&format!("<feed xml:base='http://x.example/{base}/'>"), "<entry><title>a</title></entry>", n)
    }),
    ("authors_of_the_feed", |n| {
        let authors: String =
            (0..100).map(|i| format!("<author><name>{i}{}</name></author>", "n".repeat(7000))).collect();
        filled(&format!("<feed>{authors}"), "<entry><id>a</id></entry>", n)
    }),
    ("huge_title", |n| filled(&format!("{RSS}<item><title>"), "word ", n)),
    ("huge_content", |n| in_item("&lt;p&gt;word", n)),
    ("many_contents", |n| filled(RSS, &format!("<item><description>{}</description></item>", "text ".repeat(800)), n)),
    ("long_dates", |n| filled(&format!("{RSS}<item>"), "<pubDate>Wed, 01 May 2024 10:12:13 +0200</pubDate>", n)),
    ("json_depth", |n| filled("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":", "[", n)),
    ("json_depth_in_unknown", |n| filled("{\"version\":\"https://jsonfeed.org/version/1\",\"x\":", "{\"a\":", n)),
    ("json_tiny_items", |n| filled("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[", "{},", n)),
    ("json_numbers", |n| filled("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[", "0,", n)),
    ("json_keys", |n| numbered("{\"version\":\"https://jsonfeed.org/version/1\",", |i| format!("\"k{i}\":0,"), n)),
    ("json_tags", |n| numbered("{\"items\":[{\"id\":1,\"tags\":[", |i| format!("\"t{i}\","), n)),
    ("json_escapes", |n| filled("{\"items\":[{\"content_html\":\"", "\\u0041", n)),
    ("page_links", |n| numbered("<html>", |i| format!("<link rel=alternate type=application/rss+xml href=/{i}>"), n)),
    ("page_same_links", |n| filled("<html>", "<link rel=alternate type=application/rss+xml href=/a>", n)),
    ("page_anchors", |n| numbered("<html>", |i| format!("<a href=/feed?{i}>"), n)),
    ("page_scripts", |n| filled("<html>", "<script>", n)),
    ("page_script_ends", |n| filled("<html><script>", "</", n)),
    ("page_quotes", |n| filled("<html>", "<a href=\"'", n)),
    ("no_tags_at_all", |n| filled("", "word ", n)),
    ("unknown_tags", |n| filled("", "<x>", n)),
    ("spaces", |n| filled("", " ", n)),
    ("spaces_in_a_tag", |n| filled("<rss a=", " ", n)),
    ("nuls", |n| filled("<rss>", "\0", n)),
    ("noise", |n| (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ("latin", |n| {
        let mut body = b"<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><item><description>".to_vec();
        body.resize(n, 0xe9);
        body
    }),
    ("guessed_charset", |n| {
        let mut body = b"<rss><channel><item><description>".to_vec();
        body.resize(n, 0xe9);
        body
    }),
    ("zip_bomb", gzip_bomb),
];

fn gzip_bomb(bytes: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&filled("", "<item/>", bytes)).unwrap_or_default();
    }
    encoder.finish().unwrap_or_default()
}

/// The text of a body in UTF-16, as far as it fits: half as many characters cost as much.
pub(crate) fn in_utf_16(body: &[u8], bytes: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(&body[..body.len().min(bytes / 2)]).into_owned();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    wide
}
