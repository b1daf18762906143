//! How much memory each service takes at full speed, with pages of 4 MiB among the records, and whether it stays.
//!
//! `cargo bench -p benches --bench memory -- [seconds]`: `up` on the embedded log; with `KAFKA_BROKERS` the services as
//! processes of their own on that cluster. The binary is the one in `target/release`.

#![expect(clippy::print_stdout, reason = "a bench tells what it found")]

use std::{
    env,
    error::Error,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use pipeline::{
    Health, Stop,
    kafka::{KafkaLog, KafkaSettings},
};

/// Pages that are imported at once, and bytes of each but one.
const PAGES: usize = 100;
const PAGE_BYTES: usize = 40_000;
/// One of them is so large, its last part aside: less than the 4 MiB that a page may have.
const LARGE_BYTES: usize = (4 << 20) - 1_000;
/// Records in front of the first stage, above which nothing more is imported.
const AHEAD_MAX: u64 = 1_000;
/// Between two rows of the table.
const EVERY: Duration = Duration::from_secs(10);
/// How long a service may take to begin.
const START_MAX: Duration = Duration::from_secs(30);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A service; it ends with the bench.
struct Service {
    process: Child,
    /// Where it serves its metrics.
    address: String,
}

impl Service {
    /// Starts it, and waits until it serves its metrics.
    fn start(binary: &Path, settings: &Path, name: &'static str) -> Outcome<Self> {
        let log = settings.with_file_name(format!("{name}.log"));
        let process = Command::new(binary)
            .arg("--config")
            .arg(settings)
            .arg(name)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()?;
        let mut service = Self { process, address: String::new() };
        let since = Instant::now();
        while service.address.is_empty() {
            let said = fs::read_to_string(&log)?;
            if let Some((_, rest)) = said.split_once("metrics at http://") {
                service.address = rest.split('/').next().unwrap_or_default().to_owned();
            } else if since.elapsed() > START_MAX {
                return Err(format!("{name} does not begin: {said}").into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(service)
    }

    /// A number of /proc/pid/status in MiB (proc(5)).
    fn memory(&self, field: &str) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
        let kib: f64 = line.trim_start_matches(':').split_whitespace().next().ok_or("no number")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// The sum of a metric over its labels.
    fn metric(&self, name: &str) -> Outcome<u64> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let lines = answer.lines().filter(|line| !line.starts_with('#') && line.contains(name));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A page with so many bytes; its text and its comments grow with it.
fn page(number: usize, bytes: usize) -> String {
    let mut page = format!(
        "<!doctype html><html lang=en><title>Story {number}</title><nav><a href=/>Home</a><a href=/news>News</a></nav>\
         <article><h1>What happened on day {number}</h1>"
    );
    let mut part = 0;
    while page.len() < bytes {
        part += 1;
        page.push_str(&format!(
            "<p>In part {part} of story {number} the council of the harbour said that the ferry to the island would sail \
             again on day {}, after a winter in which it had been laid up for {} weeks.</p>\
             <div class=comments><p>reader {part}</p><a href=#>Reply</a></div>",
            number + part,
            part % 9
        ));
    }
    page + "</article></html>"
}

fn main() -> Outcome<()> {
    let seconds = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/wiredesk");
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("wiredesk.toml");
    let mut text = format!("data = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n", folder.path().join("data"));
    let brokers = env::var("KAFKA_BROKERS").ok();
    let prefix = format!("wiredesk-memory-{}.", std::process::id());
    if let Some(brokers) = &brokers {
        text += &format!("[kafka]\nbrokers = {brokers:?}\nprefix = {prefix:?}\nreplication = 1\n");
    }
    fs::write(&settings, text)?;
    let run = |arguments: &[&str]| -> Outcome<()> {
        let output = Command::new(&binary).arg("--config").arg(&settings).args(arguments).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    };
    let names: &[&'static str] = if brokers.is_some() { &["cleaner", "enricher", "sink"] } else { &["up"] };
    if brokers.is_some() {
        run(&["topics", "create"])?;
    }
    let services =
        names.iter().map(|name| Service::start(&binary, &settings, name)).collect::<Outcome<Vec<Service>>>()?;
    println!(
        "{} on {}, {PAGES} pages of {PAGE_BYTES} bytes with one of {LARGE_BYTES} among them, again and again\n",
        names.join(", "),
        if brokers.is_some() { "Kafka" } else { "the embedded log" }
    );
    println!(
        "| s | articles | {} |",
        names.iter().map(|name| format!("{name} MiB (most)")).collect::<Vec<_>>().join(" | ")
    );
    println!("| --- | --- |{}", " --- |".repeat(names.len()));
    let pages = folder.path().join("pages");
    fs::create_dir(&pages)?;
    let (since, mut told, mut number) = (Instant::now(), Duration::ZERO, 0);
    while since.elapsed() < Duration::from_secs(seconds) {
        if services[0].metric("lag_records")? < AHEAD_MAX {
            for n in 0..PAGES {
                let bytes = if n == PAGES / 2 { LARGE_BYTES } else { PAGE_BYTES };
                fs::write(pages.join(format!("{n}.html")), page(number + n, bytes))?;
            }
            number += PAGES;
            run(&["import", "--name", &format!("bench {number}"), pages.to_str().ok_or("not UTF-8")?])?;
        } else {
            thread::sleep(Duration::from_millis(20));
        }
        if since.elapsed() >= told + EVERY {
            told = since.elapsed();
            let memory: Outcome<Vec<String>> = services
                .iter()
                .map(|service| Ok(format!("{:.0} ({:.0})", service.memory("VmRSS")?, service.memory("VmHWM")?)))
                .collect();
            println!("| {:.0} | {number} | {} |", told.as_secs_f64(), memory?.join(" | "));
        }
    }
    drop(services);
    if let Some(brokers) = brokers {
        delete_topics(brokers, prefix)?;
    }
    Ok(())
}

/// What the bench made on the cluster goes again.
fn delete_topics(brokers: String, prefix: String) -> Outcome<()> {
    let settings = KafkaSettings { prefix, replication: 1, ..KafkaSettings::new(brokers) };
    Ok(KafkaLog::new(settings, Health::default(), Stop::new())?.delete()?)
}
