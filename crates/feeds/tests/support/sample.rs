//! Feeds of made-up text as publishers write them: several formats and languages, 20 to 200 entries.

use std::fmt::Write;

/// Knuth's MMIX generator, so that a run is the same as every other.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

const WORDS: &[(&str, &str)] = &[
    (
        "en",
        "the council voted on Tuesday to keep bridge open for another year while engineers look at its cables and mayor said \
            that ferries would run until spring because nobody wants to wait & see",
    ),
    (
        "de",
        "der Rat stimmte am Dienstag dafür die Brücke ein weiteres Jahr offen zu halten während Fachleute ihre Seile prüfen \
            und größere Schäden über dem Fluss für möglich halten",
    ),
    (
        "es",
        "el consejo votó el martes a favor de mantener abierto el puente un año más mientras los ingenieros revisan sus cables \
            según la alcaldesa mañana habrá más información",
    ),
    (
        "ko",
        "시의회는 화요일 다리를 일년 더 열어 두기로 했다고 밝혔다 기술자들은 케이블을 점검하고 있으며 시장은 봄까지 배가 다닐 것이라고 말했다",
    ),
    (
        "ja",
        "市議会は 火曜日 橋を もう一年 開けておく ことを 決めた 技術者は ケーブルを 調べており 市長は 春まで 船が 通ると 述べた",
    ),
    ("ar", "صوت المجلس يوم الثلاثاء على إبقاء الجسر مفتوحا لمدة عام آخر بينما يفحص المهندسون الكابلات وقال رئيس البلدية"),
];

fn sentence(draw: &mut Draw, words: &[&str], length: usize) -> String {
    let picked: Vec<&str> = (0..length).map(|_| words[draw.below(words.len())]).collect();
    picked.join(" ") + "."
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn paragraphs(draw: &mut Draw, words: &[&str]) -> String {
    let mut html = String::new();
    for number in 0..2 + draw.below(5) {
        let text = escaped(&sentence(draw, words, 40));
        let _ = writeln!(
            html,
            "<p>{text} <a href=\"/archive/{number}?a=1&amp;b=2\">{}</a></p>",
            words[draw.below(words.len())]
        );
    }
    html
}

/// A file name and its bytes, for each format and language.
pub(crate) fn feeds() -> Vec<(String, Vec<u8>)> {
    let mut draw = Draw(2024);
    let mut feeds = Vec::new();
    for (number, entries) in [20, 50, 100, 200].into_iter().enumerate() {
        for (language, words) in WORDS {
            let words: Vec<&str> = words.split_whitespace().collect();
            for format in ["rss", "atom", "rdf", "json", "news"] {
                let text = feed(format, language, &words, entries, &mut draw);
                let extension = if format == "json" { "json" } else { "xml" };
                feeds.push((format!("{number}-{language}-{format}.{extension}"), text.into_bytes()));
            }
        }
    }
    feeds
}

fn feed(format: &str, language: &str, words: &[&str], entries: usize, draw: &mut Draw) -> String {
    let mut out = String::from(match format {
        "rss" => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
             xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel><title>River Post</title><link>https://river.example/</link>\
             <atom:link href=\"https://river.example/rss\" rel=\"self\"/><ttl>30</ttl>\n"
        }
        "atom" => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>River Post</title>\
             <id>urn:river</id><link href=\"https://river.example/\"/><updated>2024-05-01T10:00:00Z</updated>\n"
        }
        "rdf" => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" \
             xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
             <channel rdf:about=\"https://river.example/\"><title>River Post</title><link>https://river.example/</link></channel>\n"
        }
        "json" => "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"River Post\",\"items\":[",
        _ => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n"
        }
    });
    for number in 0..entries {
        let (title, summary) = (sentence(draw, words, 8), sentence(draw, words, 30));
        let body = paragraphs(draw, words);
        let url = format!("https://river.example/{language}/2024/05/{number}");
        let (day, hour) = (1 + number % 28, number % 24);
        let (name, first, second) = (words[0], escaped(&title), escaped(&summary));
        let _ = match format {
            "rss" => writeln!(
                out,
                "<item><title>{first}</title><link>{url}?utm_source=rss&amp;x=1</link><guid isPermaLink=\"false\">{number}</guid>\
                 <description>{second}</description><content:encoded><![CDATA[{body}]]></content:encoded>\
                 <pubDate>Wed, {day:02} May 2024 {hour:02}:15:00 +0200</pubDate><dc:creator>{name}</dc:creator>\
                 <category>bridge</category><category>river</category><media:content url=\"{url}.jpg\" type=\"image/jpeg\"/></item>"
            ),
            "atom" => writeln!(
                out,
                "<entry xml:lang=\"{language}\"><title type=\"html\">{first}</title><id>{url}</id><link rel=\"alternate\" href=\"{url}\"/>\
                 <published>2024-05-{day:02}T{hour:02}:15:00+02:00</published><updated>2024-05-{day:02}T{hour:02}:20:00Z</updated>\
                 <author><name>{name}</name></author><summary>{second}</summary><content type=\"html\">{}</content></entry>",
                escaped(&body)
            ),
            "rdf" => writeln!(
                out,
                "<item rdf:about=\"{url}\"><title>{first}</title><link>{url}</link><description>{second}</description>\
                 <dc:date>2024-05-{day:02}T{hour:02}:15+09:00</dc:date><dc:creator>{name}</dc:creator></item>"
            ),
            "json" => {
                let comma = if number == 0 { "" } else { "," };
                let item = serde_json::json!({"id": url, "url": url, "title": title, "summary": summary, "content_html": body,
                    "date_published": format!("2024-05-{day:02}T{hour:02}:15:00Z"), "authors": [{"name": name}], "tags": ["bridge"]});
                write!(out, "{comma}{item}")
            }
            _ => writeln!(
                out,
                "<url><loc>{url}</loc><news:news><news:publication><news:name>River Post</news:name><news:language>{language}\
                 </news:language></news:publication><news:publication_date>2024-05-{day:02}</news:publication_date>\
                 <news:title>{first}</news:title></news:news></url>"
            ),
        };
    }
    out.push_str(match format {
        "rss" => "</channel></rss>\n",
        "atom" => "</feed>\n",
        "rdf" => "</rdf:RDF>\n",
        "json" => "]}",
        _ => "</urlset>\n",
    });
    out
}
