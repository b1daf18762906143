//! How fast other crates read the pages of the development sets, beside `extract`, in one run: `speed SETS [NAME ..]`.
//!
//! Time of one thread's processor, the shortest of some rounds, as in `benches/extract.rs`. scraper's parse and html5ever's
//! tokenizer find nothing; they say what reading the markup alone costs others.

#[path = "../../../tests/support/sets.rs"]
#[expect(dead_code, reason = "the folder of the sets is named on the command line here")]
mod sets;
#[path = "../../../benches/support/speed.rs"]
mod speed;

use std::cell::Cell;
use std::path::Path;

use extract::Context;
use extract_peers::PEERS;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((sets, asked)) = arguments.split_first() else { return println!("usage: speed SETS [NAME ..]") };
    let pages = speed::pages(Path::new(sets));
    rates("all pages", &pages, asked);
    rates("large pages", &speed::large(&pages), asked);
}

fn rates(name: &str, pages: &[String], asked: &[String]) {
    speed::head(name, pages);
    let measure = |name: &str, read: &dyn Fn(&str) -> usize| {
        if asked.is_empty() || asked.iter().any(|each| each == name) {
            speed::measure(name, pages, read);
        }
    };
    measure("extract", &|page| extract::html_str(page, &Context::default()).blocks.len());
    for (name, peer) in PEERS {
        measure(name, &|page| peer(page, None).map_or(0, |found| found.body.len()));
    }
    measure("scraper parse", &|page| scraper::Html::parse_document(page).tree.values().len());
    measure("html5ever tokenizer", &tokens);
}

/// Counts tokens. The tree builder is what tells the tokenizer that a script or a title holds no tags, so that is said
/// here.
#[derive(Default)]
struct Counter(Cell<usize>);

impl TokenSink for Counter {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        self.0.set(self.0.get() + 1);
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        match (tag.kind, &*tag.name) {
            (TagKind::StartTag, "script") => TokenSinkResult::RawData(RawKind::ScriptData),
            (TagKind::StartTag, "title" | "textarea") => TokenSinkResult::RawData(RawKind::Rcdata),
            (TagKind::StartTag, "style" | "xmp" | "iframe" | "noembed" | "noframes") => {
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            (TagKind::StartTag, "plaintext") => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }
}

fn tokens(page: &str) -> usize {
    let tokenizer = Tokenizer::new(Counter::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(page));
    // An end tag of a script stops it, as a browser would run the script there.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink.0.get()
}
