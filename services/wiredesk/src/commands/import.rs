//! `import`: files and folders go to `pages`, as they are.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::{Clock, Log, LogError, Outgoing, Stop};
use schemas::{CanonicalUrl, Encode as _, ImportPath, Lang, Page, PageKind, PageMeta, limits};
use serde::Deserialize;

use super::{BadInput, guest};
use crate::{cli::Import, settings::Config, terminal::Screen};

/// Pages appended at once.
const BATCH_PAGES: usize = 500;
/// Bytes appended at once.
const BATCH_BYTES: usize = 8 << 20;
/// A line of a .jsonl file; a page of 4 MiB in base64 with its fields fits.
const LINE_BYTES_MAX: u64 = 8 << 20;
/// How deep folders are followed.
const DEPTH_MAX: usize = 64;
/// How often a log that cannot be reached is asked again.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn run(config: &Config, screen: &Screen, import: &Import) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let counts = paths(&*opened.log, screen, &Stop::new(), &import.paths, import.name.as_deref())?;
    tracing::info!("{counts}");
    match counts.refused {
        0 => Ok(()),
        refused => Err(BadInput::Some { refused, all: refused + counts.pages, what: "pages" }.into()),
    }
}

/// What an import came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pages: u64,
    refused: u64,
    skipped: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "imported {} pages", self.pages)?;
        if self.refused > 0 {
            write!(f, ", refused {}", self.refused)?;
        }
        if self.skipped > 0 {
            write!(f, ", skipped {} files that are not .html, .htm, .txt or .jsonl", self.skipped)?;
        }
        Ok(())
    }
}

/// Imports files and folders.
pub(super) fn paths(
    log: &dyn Log,
    screen: &Screen,
    stop: &Stop,
    paths: &[PathBuf],
    name: Option<&str>,
) -> anyhow::Result<Counts> {
    let mut files = Vec::new();
    let mut counts = Counts::default();
    for path in paths {
        find(path, name, &mut files, &mut counts)?;
    }
    let bytes = files.iter().map(|file| file.bytes).sum();
    let style = ProgressStyle::with_template("import    {bar:30} {bytes}/{total_bytes} {msg}")?;
    let bar = screen.add(ProgressBar::new(bytes).with_style(style));
    let mut importer = Importer { log, stop, clock: Clock::system(), batch: Vec::new(), batch_bytes: 0, counts };
    for file in files {
        if stop.is_set() {
            break;
        }
        importer.file(&file)?;
        bar.inc(file.bytes);
        bar.set_message(format!("{} pages", importer.counts.pages));
    }
    importer.flush()?;
    bar.finish_and_clear();
    Ok(importer.counts)
}

/// A file to import.
struct Found {
    path: PathBuf,
    import: ImportPath,
    kind: Kind,
    bytes: u64,
}

#[derive(Clone, Copy)]
enum Kind {
    Page(PageKind),
    Lines,
}

fn kind(path: &Path) -> Option<Kind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" | "xhtml" => Some(Kind::Page(PageKind::Html)),
        "txt" => Some(Kind::Page(PageKind::Text)),
        "jsonl" | "ndjson" => Some(Kind::Lines),
        _ => None,
    }
}

/// Finds what is to be imported below a path, in the order of names. Links are not followed.
fn find(path: &Path, name: Option<&str>, files: &mut Vec<Found>, counts: &mut Counts) -> Result<(), BadInput> {
    let failed = |source| BadInput::File { path: path.display().to_string(), source };
    let path = path.canonicalize().map_err(failed)?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("/")) };
    let own = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = name.map_or(own, str::to_owned);
    if path.is_dir() {
        return walk(&path, &path, &name, 0, files, counts);
    }
    let Some(kind) = kind(&path) else {
        let hint = format!("{}: the name must end in .html, .htm, .txt or .jsonl", path.display());
        return Err(BadInput::Usage(hint));
    };
    files.push(found(&path, folder, &name, kind).map_err(failed)?);
    Ok(())
}

fn walk(
    folder: &Path,
    root: &Path,
    name: &str,
    depth: usize,
    files: &mut Vec<Found>,
    counts: &mut Counts,
) -> Result<(), BadInput> {
    let failed = |source| BadInput::File { path: folder.display().to_string(), source };
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = entries.map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind_of_file = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind_of_file.is_dir() && depth < DEPTH_MAX {
            walk(&path, root, name, depth + 1, files, counts)?;
        } else if kind_of_file.is_file() {
            match kind(&path) {
                Some(kind) => files.push(found(&path, root, name, kind).map_err(failed)?),
                None => counts.skipped += 1,
            }
        }
    }
    Ok(())
}

fn found(path: &Path, root: &Path, name: &str, kind: Kind) -> std::io::Result<Found> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let import = ImportPath { name: name.to_owned(), path: parts.join("/") };
    Ok(Found { import, kind, bytes: path.metadata()?.len(), path: path.to_path_buf() })
}

/// One line of a .jsonl file: the form that `clean --jsonl` reads too.
#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    url: Option<String>,
    lang: Option<String>,
    html: Option<String>,
    html_base64: Option<String>,
    content_type: Option<String>,
    text: Option<String>,
    lines: Option<Vec<String>>,
}

struct Importer<'a> {
    log: &'a dyn Log,
    stop: &'a Stop,
    clock: Clock,
    batch: Vec<Outgoing>,
    batch_bytes: usize,
    counts: Counts,
}

impl Importer<'_> {
    fn file(&mut self, file: &Found) -> anyhow::Result<()> {
        let failed = |source| BadInput::File { path: file.path.display().to_string(), source };
        match file.kind {
            Kind::Lines => self.lines(file),
            Kind::Page(_) if file.bytes > limits::PAGE_BYTES_MAX as u64 => {
                self.refuse(file, None, &format!("{} bytes, more than {}", file.bytes, limits::PAGE_BYTES_MAX));
                Ok(())
            }
            Kind::Page(kind) => {
                let body = fs::read(&file.path).map_err(failed)?;
                self.page(file, None, self.meta(kind, file.import.clone()), Bytes::from(body))
            }
        }
    }

    fn meta(&self, kind: PageKind, import: ImportPath) -> PageMeta {
        PageMeta {
            kind,
            url: None,
            requested_url: None,
            import: Some(import),
            status: None,
            headers: BTreeMap::new(),
            fetched_at: self.clock.now(),
            language: None,
            ai_opt_out: Vec::new(),
            entry: None,
        }
    }

    fn lines(&mut self, file: &Found) -> anyhow::Result<()> {
        let failed = |source| BadInput::File { path: file.path.display().to_string(), source };
        let mut reader = BufReader::new(fs::File::open(&file.path).map_err(failed)?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(failed)? == 0
                || self.stop.is_set()
            {
                break;
            }
            if !line.ends_with(b"\n") && line.len() as u64 == LINE_BYTES_MAX {
                self.refuse(file, Some(number), &format!("the line is longer than {LINE_BYTES_MAX} bytes"));
                skip_line(&mut reader).map_err(failed)?;
                continue;
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match self.read_line(file, &line) {
                Ok((meta, body)) => self.page(file, Some(number), meta, body)?,
                Err(why) => self.refuse(file, Some(number), &why),
            }
        }
        Ok(())
    }

    fn read_line(&self, file: &Found, line: &[u8]) -> Result<(PageMeta, Bytes), String> {
        let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let id = match &line.id {
            serde_json::Value::String(id) => id.clone(),
            serde_json::Value::Number(id) => id.to_string(),
            _ => return Err("the id must be a string or a number".to_owned()),
        };
        let (kind, body) = match (line.html, line.html_base64, line.text, line.lines) {
            (Some(html), None, None, None) => (PageKind::Html, html.into_bytes()),
            (None, Some(encoded), None, None) => {
                (PageKind::Html, BASE64_STANDARD.decode(encoded).map_err(|error| format!("html_base64: {error}"))?)
            }
            (None, None, Some(text), None) => (PageKind::Text, text.into_bytes()),
            (None, None, None, Some(lines)) => (PageKind::Text, lines.join("\n").into_bytes()),
            _ => return Err("exactly one of html, html_base64, text and lines must be there".to_owned()),
        };
        let import = ImportPath { name: file.import.name.clone(), path: format!("{}#{id}", file.import.path) };
        let mut meta = self.meta(kind, import);
        if let Some(url) = line.url {
            meta.url = Some(CanonicalUrl::parse(&url).map_err(|error| format!("url: {error}"))?);
        }
        meta.language = line.lang.and_then(|lang| Lang::parse(&lang).ok());
        if let Some(content_type) = line.content_type {
            meta.headers.insert("content-type".to_owned(), content_type);
        }
        Ok((meta, Bytes::from(body)))
    }

    fn page(&mut self, file: &Found, line: Option<u64>, meta: PageMeta, body: Bytes) -> anyhow::Result<()> {
        let encoded = match (Page { meta, body }).encode() {
            Ok(encoded) => encoded,
            Err(error) => {
                self.refuse(file, line, &error.to_string());
                return Ok(());
            }
        };
        self.batch_bytes += encoded.record.bytes();
        self.batch.push(Outgoing { topic: encoded.topic, partition: None, record: encoded.record });
        self.counts.pages += 1;
        if self.batch.len() >= BATCH_PAGES || self.batch_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn refuse(&mut self, file: &Found, line: Option<u64>, why: &str) {
        self.counts.refused += 1;
        let line = line.map_or_else(String::new, |line| format!(", line {line}"));
        tracing::warn!("{}{line}: refused: {why}", file.path.display());
    }

    /// Appends what was gathered, waiting while the log cannot be reached.
    fn flush(&mut self) -> anyhow::Result<()> {
        while !self.batch.is_empty() {
            match self.log.append(&self.batch) {
                Ok(()) => {
                    self.batch.clear();
                    self.batch_bytes = 0;
                }
                Err(LogError::Unavailable(why)) => {
                    tracing::warn!("the import waits: {why}");
                    if self.stop.sleep(PAUSE) {
                        anyhow::bail!("stopped before all was imported: import again, nothing is doubled");
                    }
                }
                Err(other) => return Err(pipeline::RunError::from(other).into()),
            }
        }
        Ok(())
    }
}

fn skip_line(reader: &mut impl std::io::BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}
