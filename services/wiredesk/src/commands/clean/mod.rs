//! `clean`: one page for a person or a program, or many as JSON Lines on all cores.

mod about;
mod explain;
mod sheet;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use anyhow::Context as _;
use extract::{Context, Extracted};
use pipeline::Clock;
use rayon::prelude::*;
use schemas::{CanonicalUrl, limits};

use super::{BadInput, print};
use crate::{
    cli::{Clean, Color},
    settings::Config,
};

/// Lines that are read ahead, so that all cores have work and memory has an end.
const LINES_AHEAD: usize = 256;
/// Bytes that are read ahead.
const BYTES_AHEAD: usize = 64 << 20;
/// The longest line.
const LINE_BYTES_MAX: u64 = 32 << 20;
/// Columns of what is not a terminal.
const WIDTH: usize = 160;

pub(super) fn run(config: &Config, clean: &Clean, environment: &BTreeMap<String, String>) -> anyhow::Result<()> {
    if clean.jsonl {
        return json_lines(open(&clean.input)?, clean.explain);
    }
    let is_address = clean.input.starts_with("http://") || clean.input.starts_with("https://");
    let extracted = if is_address { from_address(config, clean)? } else { from_file(clean)? };
    if clean.json {
        return print(&extract::jsonl::output(&clean.input, &extracted));
    }
    if let Some(path) = &clean.html {
        let failed = |source| BadInput::File { path: path.display().to_string(), source };
        fs::write(path, sheet::page(&clean.input, &extracted)).map_err(failed)?;
    }
    if clean.explain {
        let width = console::Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
        let no_color = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = is_colored(clean.color, io::stdout().is_terminal(), no_color);
        return print(&explain::text(&extracted, width, color));
    }
    if clean.html.is_some() { Ok(()) } else { for_a_person(&extracted) }
}

/// What is said on the command line wins over the environment (<https://no-color.org>).
fn is_colored(asked: Color, is_terminal: bool, no_color: bool) -> bool {
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !no_color,
    }
}

fn from_file(clean: &Clean) -> Result<Extracted, BadInput> {
    let body = read(&clean.input)?;
    let context = Context { url: clean.url.as_deref(), explain: explains(clean), ..Context::default() };
    let is_text = clean.text || Path::new(&clean.input).extension().is_some_and(|extension| extension == "txt");
    Ok(if is_text { extract::text_bytes(&body, None, &context) } else { extract::html(&body, None, &context) })
}

/// Whether the reasons will be read.
fn explains(clean: &Clean) -> bool {
    clean.explain || clean.html.is_some()
}

/// Fetches one page through the guarded client.
fn from_address(config: &Config, clean: &Clean) -> anyhow::Result<Extracted> {
    let address = clean.input.as_str();
    let url = CanonicalUrl::parse(address).map_err(|error| BadInput::Usage(format!("{address}: {error}")))?;
    let client = config.client()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let fetched = runtime.block_on(client.get(&url)).with_context(|| url.to_string())?;
    if !(200..300).contains(&fetched.status) {
        anyhow::bail!("{url}: the site answers {}", fetched.status);
    }
    let content_type = fetched.headers.get("content-type").map(String::as_str);
    let now = Clock::system().now().as_millis();
    let context = Context {
        url: Some(fetched.url.as_str()),
        fetched_at_ms: Some(now),
        explain: explains(clean),
        ..Context::default()
    };
    Ok(extract::html(&fetched.body, content_type, &context))
}

fn open(input: &str) -> Result<Box<dyn BufRead>, BadInput> {
    if input == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = fs::File::open(input).map_err(|source| BadInput::File { path: input.to_owned(), source })?;
    Ok(Box::new(BufReader::new(file)))
}

/// The whole input, up to what a page may have.
fn read(input: &str) -> Result<Vec<u8>, BadInput> {
    let mut body = Vec::new();
    let failed = |source| BadInput::File { path: input.to_owned(), source };
    open(input)?.take(limits::PAGE_BYTES_MAX as u64 + 1).read_to_end(&mut body).map_err(failed)?;
    if body.len() > limits::PAGE_BYTES_MAX {
        return Err(BadInput::Usage(format!("{input}: more than {} bytes", limits::PAGE_BYTES_MAX)));
    }
    Ok(body)
}

fn for_a_person(extracted: &Extracted) -> anyhow::Result<()> {
    let mut text = String::new();
    let mut line = |part: &str| {
        text.push_str(part);
        text.push('\n');
    };
    if extracted.verdict != extract::Verdict::Article {
        line(&format!("[not an article: {}]", extracted.verdict.as_str()));
    }
    if let Some(title) = &extracted.title {
        line(&title.value);
        line(&"=".repeat(title.value.chars().count().min(78)));
    }
    extracted.deck.iter().for_each(|deck| line(deck));
    let authors =
        extracted.authors.as_ref().map(|authors| authors.value.join(", ")).filter(|authors| !authors.is_empty());
    let published = extracted.published.as_ref().map(|date| date.at.clone());
    let agency = extracted.agency.as_ref().map(|agency| agency.value.clone());
    let about: Vec<_> = [authors, published, agency].into_iter().flatten().collect();
    if !about.is_empty() {
        line(&about.join(" | "));
    }
    for block in extracted.blocks.iter().filter(|block| block.kept) {
        line("");
        line(&block.text);
    }
    let removed = extracted.blocks.iter().filter(|block| !block.kept).count();
    line(&format!("\n[{removed} blocks are not part of the text; --explain shows each with its reason]"));
    print(text.trim_end())
}

/// One object a line in, one a line out, in the same order, on all cores. A line that fails says so in its place.
fn json_lines(mut input: Box<dyn BufRead>, explain: bool) -> anyhow::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    loop {
        let lines = ahead(&mut *input)?;
        if lines.is_empty() {
            output.flush()?;
            return Ok(());
        }
        let cleaned: Vec<String> = lines.par_iter().map(|line| clean_line(line, explain)).collect();
        for line in cleaned {
            match writeln!(output, "{line}") {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
        }
    }
}

fn clean_line(line: &[u8], explain: bool) -> String {
    let error = |what: &str| serde_json::json!({ "id": null, "error": what }).to_string();
    if line.len() as u64 > LINE_BYTES_MAX {
        return error(&format!("the line is longer than {LINE_BYTES_MAX} bytes"));
    }
    let Ok(text) = std::str::from_utf8(line) else { return error("the line is not UTF-8") };
    let clean = || if explain { extract::jsonl::explain_line(text, None) } else { extract::jsonl::clean_line(text) };
    std::panic::catch_unwind(clean).unwrap_or_else(|_| {
        let id = serde_json::from_str::<serde_json::Value>(text).ok().map(|value| value["id"].clone());
        serde_json::json!({ "id": id, "error": "cleaning this line failed: a bug, please report it" }).to_string()
    })
}

/// The next lines that are not blank, without their ends.
fn ahead(input: &mut dyn BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < LINES_AHEAD && bytes < BYTES_AHEAD {
        let mut line = Vec::new();
        // One byte more than allowed is kept, so that a line over the limit is known for what it is.
        if (&mut *input).take(LINE_BYTES_MAX + 2).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 > LINE_BYTES_MAX {
            skip(input)?;
        }
        line.truncate(line.trim_ascii_end().len());
        if !line.is_empty() {
            bytes += line.len();
            lines.push(line);
        }
    }
    Ok(lines)
}

fn skip(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        input.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_for_terminals_and_those_who_ask() {
        assert!(is_colored(Color::Auto, true, false));
        assert!(!is_colored(Color::Auto, true, true));
        assert!(!is_colored(Color::Auto, false, false));
        assert!(is_colored(Color::Always, false, true));
        assert!(!is_colored(Color::Never, true, false));
    }
}
