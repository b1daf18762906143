//! The whole pipeline as its users run it: the real binary, samples in, the lake compared with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::deployment::{Deployment, Rows, Running, lake, wait_for_rows};

fn samples() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/samples").display().to_string()
}

/// The five seeds where the shared data are, or a clear word that they are not: their folder, and a copy without the
/// gold to import.
struct Seeds {
    folder: PathBuf,
    copy: tempfile::TempDir,
}

impl Seeds {
    fn find() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/seeds");
        if !folder.exists() {
            println!("skipped: ../shared/data/seeds is not here");
            return None;
        }
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("seeds")).unwrap();
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|extension| extension == "txt") {
                fs::copy(entry.path(), copy.path().join("seeds").join(entry.file_name())).unwrap();
            }
        }
        Some(Self { folder, copy })
    }

    fn import(&self) -> String {
        self.copy.path().join("seeds").display().to_string()
    }
}

#[test]
fn a_folder_becomes_a_lake_and_a_second_import_changes_nothing() {
    let deployment = Deployment::embedded();
    let mut up = deployment.start(&["up", "--import", &samples()]);
    wait_for_rows(&deployment.lake(), 6);
    assert_eq!(up.get("/healthz").0, 200);
    assert_eq!(up.get("/readyz"), (200, "ready\n".to_owned()));
    let metrics = up.get("/metrics").1;
    assert!(
        metrics.contains("wiredesk_stage_records_total{stage=\"cleaner\",outcome=\"done\",reason=\"ok\"} 6"),
        "{metrics}"
    );
    let import = deployment.run(&["import", &samples()]);
    assert!(import.status.success());
    let since = Instant::now();
    while !up.get("/metrics").1.contains("reason=\"unchanged\"} 6") {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", up.get("/metrics").1);
        thread::sleep(Duration::from_millis(50));
    }
    let (code, took) = up.stop();
    assert_eq!(code, Some(0), "{}", up.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let rows = lake(&deployment.lake());
    assert_eq!(rows.len(), 6);
    let titles: BTreeSet<_> = rows.values().map(|row| row["title"].as_str().unwrap_or_default()).collect();
    for title in [
        "Harbour bridge to stay open at night",
        "Winzer ernten so früh wie nie",
        "水族館のペンギン、二年ぶりにひな誕生",
    ] {
        assert!(titles.contains(title), "{titles:?}");
    }
    let korean = rows.values().find(|row| row["language"] == "ko").expect("a Korean article");
    assert_eq!(korean["agency"], "Newsis");
    assert!(!korean["body"].as_str().unwrap().contains("훈훈해요"), "a reaction widget is in the text");
    let listed = deployment.good(&["tail", "articles.enriched"]);
    assert_eq!(listed.lines().count(), 6, "{listed}");
}

#[test]
fn the_seeds_come_through_and_how_near_they_are_is_printed() {
    let Some(seeds) = Seeds::find() else { return };
    let deployment = Deployment::embedded();
    let since = Instant::now();
    let up = deployment.start(&["up", "--import", &seeds.import()]);
    wait_for_rows(&deployment.lake(), 5);
    say(&format!("the seeds are in the lake {:?} after the start", since.elapsed()));
    drop(up);
    compare_with_gold(&lake(&deployment.lake()), &seeds.folder);
}

/// A line that is seen in a run that passes, too.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints how near the lake comes to the gold; the text itself must be there.
fn compare_with_gold(rows: &BTreeMap<(String, u64), Value>, seeds: &Path) {
    let gold = fs::read_to_string(seeds.join("gold.jsonl")).unwrap();
    let by_file: BTreeMap<_, _> =
        rows.values().map(|row| (row["import_path"].as_str().unwrap_or_default(), row)).collect();
    for line in gold.lines() {
        let gold: Value = serde_json::from_str(line).unwrap();
        let row = by_file[gold["file"].as_str().unwrap()];
        let lines = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            let labelled = gold["lines"].as_array().unwrap().iter().zip(gold["labels"].as_array().unwrap());
            labelled
                .filter(|(_, label)| wanted(label.as_str().unwrap()))
                .map(|(line, _)| line.as_str().unwrap().trim().to_owned())
                .collect()
        };
        let body = row["body"].as_str().unwrap();
        let kept = |line: &String| body.contains(&line.split_whitespace().collect::<Vec<_>>().join(" "));
        let (text, residue) = (lines(&|label| label == "body"), lines(&|label| label.starts_with("residue")));
        let (kept_text, kept_residue) =
            (text.iter().filter(|line| kept(line)).count(), residue.iter().filter(|line| kept(line)).count());
        let title = row["title"] == gold["title"];
        println!(
            "{}: text {kept_text}/{}, residue left {kept_residue}/{}, title {title}",
            gold["id"],
            text.len(),
            residue.len()
        );
        assert!(kept_text * 10 >= text.len() * 9, "{}: much of the text is gone", gold["id"]);
    }
}

#[test]
fn json_lines_go_to_standard_output_and_logs_do_not() {
    let deployment = Deployment::embedded();
    let mut command = deployment.command(&["up", "--import", &samples()]);
    command.env("WIREDESK_SINK_TO", "json-lines").env("WIREDESK_LOG_FORMAT", "json");
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let articles: Vec<Value> =
        lines.by_ref().take(6).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert!(
        articles.iter().all(|enriched| enriched["revision"]["number"] == 1 && enriched["article"]["id"].is_string())
    );
    let status = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert!(lines.next().is_none(), "something else is on standard output");
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        let log: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(log["message"].is_string() && log["level"].is_string(), "{line}");
    }
    assert!(!deployment.lake().exists());
}

#[test]
fn bad_settings_end_with_64_before_anything_is_opened() {
    let deployment = Deployment::embedded();
    deployment.set("partitons = 3");
    let output = deployment.run(&["up"]);
    assert_eq!(output.status.code(), Some(64));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("line 1") && error.contains("partitons"), "{error}");
    assert!(!deployment.data().exists(), "something was opened");
}

#[test]
fn a_data_folder_that_is_not_usable_ends_with_74_and_says_what_to_do() {
    let deployment = Deployment::embedded();
    let mut first = deployment.start(&["up"]);
    first.address();
    let since = Instant::now();
    while !deployment.data().join("wiredesk.log").exists() && since.elapsed() < Duration::from_secs(10) {}
    let second = deployment.run(&["up"]);
    assert_eq!(second.status.code(), Some(74));
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(error.contains("another process owns this log") && error.contains("another data folder"), "{error}");
    assert_eq!(first.stop().0, Some(0));

    // The lake is what is left of a deployment whose log is gone: what it would import again would stand twice.
    let mut up = deployment.start(&["up", "--import", &samples()]);
    wait_for_rows(&deployment.lake(), 6);
    up.address();
    up.stop();
    let file = deployment.data().join("wiredesk.log");
    let forget = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", file.display()));
        }
    };
    forget();
    let wiped = deployment.run(&["up"]);
    assert_eq!(wiped.status.code(), Some(74), "{}", String::from_utf8_lossy(&wiped.stderr));
    let error = String::from_utf8_lossy(&wiped.stderr);
    assert!(error.contains("follows another log") && error.contains("restore the log"), "{error}");
    forget();
    fs::write(&file, b"this is no log at all, but it is long enough to be read as one ............................")
        .unwrap();
    let damaged = deployment.run(&["up"]);
    assert_eq!(damaged.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&damaged.stderr).contains("damaged"));

    let unwritable = Deployment::embedded();
    unwritable.set("");
    fs::write(unwritable.data(), b"a file where the folder should be").unwrap();
    let output = unwritable.run(&["up"]);
    assert_eq!(output.status.code(), Some(74));
}

#[test]
fn what_is_no_text_becomes_a_dead_letter_that_can_be_seen_and_replayed() {
    let deployment = Deployment::embedded();
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = [0x89, b'P', b'N', b'G', 0, 0, 1, 2].iter().copied().cycle().take(4_000).collect();
    fs::write(folder.path().join("picture.html"), &noise).unwrap();
    fs::write(folder.path().join("story.txt"), "A title\n\nThe text of the story goes on for a while here, and on.\nA second paragraph closes it with a full stop.").unwrap();
    fs::write(folder.path().join("lines.jsonl"), "{\"id\": 1}\nnot json\n{\"id\": \"ok\", \"text\": \"Title\\nA paragraph of text that is long enough to be one.\"}\n").unwrap();
    let mut up = deployment.start(&["up"]);
    up.address();
    let import = deployment.run(&["import", folder.path().to_str().unwrap()]);
    assert_eq!(import.status.code(), Some(65), "two lines are refused");
    let error = String::from_utf8_lossy(&import.stderr);
    assert!(error.contains("line 1") && error.contains("line 2") && error.contains("2 of 5 pages"), "{error}");
    wait_for_rows(&deployment.lake(), 2);
    let since = Instant::now();
    while !deployment.good(&["dead-letters", "list"]).contains("not_text") {
        assert!(since.elapsed() < Duration::from_secs(10));
    }
    let listed = deployment.good(&["dead-letters", "list"]);
    let id = listed.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let shown = deployment.good(&["dead-letters", "show", &id]);
    assert!(shown.contains("value: 4000 bytes") && shown.contains("picture.html"), "{shown}");
    assert!(!shown.contains('\0'));
    deployment.good(&["dead-letters", "replay", &id]);
    let since = Instant::now();
    while deployment.good(&["dead-letters", "list"]).lines().count() < 3 {
        assert!(since.elapsed() < Duration::from_secs(10), "the replayed letter is refused again");
    }
    assert_eq!(up.stop().0, Some(0));
}

#[test]
fn clean_reads_a_file_and_lines() {
    let deployment = Deployment::embedded();
    let page = format!("{}/harbour.html", samples());
    let text = deployment.good(&["clean", &page]);
    assert!(text.starts_with("Harbour bridge to stay open at night\n===="), "{text}");
    assert!(
        text.contains("Mara Lindqvist") && !text.contains("Copy link") && !text.contains("Tram line four"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&deployment.good(&["clean", "--json", &page])).unwrap();
    assert_eq!(json["date"], "2026-03-04");
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("in.jsonl");
    let mut input = String::new();
    for n in 0..600 {
        input.push_str(&format!(
            "{{\"id\": {n}, \"lines\": [\"Title {n}\", \"A paragraph of text that is long enough.\"]}}\n"
        ));
    }
    input.push_str("{\"id\": \"bad\"}\nnonsense\n");
    fs::write(&lines, input).unwrap();
    let output = deployment.good(&["clean", "--jsonl", lines.to_str().unwrap()]);
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 602);
    assert!(answers.iter().take(600).enumerate().all(|(n, answer)| answer["id"] == n && answer["error"].is_null()));
    assert!(answers[600]["id"] == "bad" && answers[600]["error"].is_string());
    assert!(answers[601]["error"].is_string());
    let page = fs::read_to_string(&page).unwrap();
    fs::write(&lines, serde_json::json!({ "id": "p", "html": page }).to_string()).unwrap();
    let answer: Value = serde_json::from_str(&deployment.good(&["clean", "--jsonl", lines.to_str().unwrap()])).unwrap();
    let fields = [
        "id",
        "title",
        "deck",
        "authors",
        "published",
        "date",
        "language",
        "agency",
        "dateline",
        "captions",
        "credits",
        "related",
        "body",
        "kept",
        "blocks",
    ];
    assert!(fields.iter().all(|field| answer.get(field).is_some()), "{answer}");
}

#[test]
fn clean_fetches_a_page_where_a_setting_allows_it_and_refuses_it_otherwise() {
    use std::{io::Write as _, net::TcpListener};
    let page = fs::read_to_string(format!("{}/harbour.html", samples())).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/2026/harbour", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 2_048];
        let length = stream.read(&mut request).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{page}", page.len())
            .unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let deployment = Deployment::embedded();
    let refused = deployment.run(&["clean", &url]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not a public address"));
    let mut allowed = deployment.command(&["clean", &url]);
    let allowed = allowed
        .env("WIREDESK_FETCH_ALLOW_PRIVATE", "127.0.0.0/8")
        .env("WIREDESK_FETCH_CONTACT", "https://us.example")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&allowed.stdout);
    assert!(
        text.starts_with("Harbour bridge to stay open at night"),
        "{text}{}",
        String::from_utf8_lossy(&allowed.stderr)
    );
    let request = served.join().unwrap();
    assert!(request.contains("(+https://us.example)"), "{request}");
}

#[test]
fn up_killed_at_any_time_leaves_every_article_once() {
    let deployment = Deployment::embedded();
    let folder = tempfile::tempdir().unwrap();
    let articles = write_articles(folder.path(), 24_000);
    deployment.good(&["import", folder.path().to_str().unwrap()]);
    for round in 0..8 {
        let mut up = deployment.start(&["up"]);
        thread::sleep(Duration::from_millis(60 + 25 * round));
        up.kill();
    }
    let before = Rows::of(&deployment.lake()).now();
    assert!(before < articles, "everything was done before the last kill: it proved nothing");
    let mut up = deployment.start(&["up"]);
    wait_for_rows(&deployment.lake(), articles);
    up.address();
    assert_eq!(up.stop().0, Some(0));
    assert_eq!(lake(&deployment.lake()).len() as u64, articles);
}

/// A disk of a few megabytes; gone with the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Over this folder. `None` where this user may not mount, which is a failure in CI.
    fn over(folder: &Path, megabytes: u32) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_path_buf()));
        }
        assert!(std::env::var_os("CI").is_none(), "a small disk cannot be mounted");
        println!("skipped: this user may not mount a small disk");
        None
    }

    /// Fills what is left of it.
    fn fill(&self) -> PathBuf {
        use std::io::Write as _;
        let ballast = self.0.join("ballast");
        let mut file = fs::File::create(&ballast).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_pauses_the_stages_and_nothing_is_lost() {
    let deployment = Deployment::embedded();
    let folder = tempfile::tempdir().unwrap();
    let articles = write_articles(folder.path(), 2_000);
    let Some(disk) = SmallDisk::over(&deployment.data(), 48) else { return };
    let mut up = deployment.start(&["up"]);
    up.address();
    wait_for_ready(&up);
    // The stages stand still until the disk is full, and so have all their work in front of them.
    up.signal("-STOP");
    deployment.good(&["import", folder.path().to_str().unwrap()]);
    let ballast = disk.fill();
    up.signal("-CONT");
    let since = Instant::now();
    while !up.said().contains("waiting: ") {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", up.said());
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(up.get("/readyz").0, 503);
    let more = tempfile::tempdir().unwrap();
    fs::write(
        more.path().join("one.txt"),
        "A late title\n\nThe text of a late story, which is long enough to be a paragraph.",
    )
    .unwrap();
    let mut import = deployment.start(&["import", more.path().to_str().unwrap()]);
    let since = Instant::now();
    while !import.said().contains("the import waits: the log cannot be reached")
        && !import.said().contains("the disk is full")
    {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", import.said());
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1));
    assert_eq!(up.get("/healthz").0, 200, "the process lives: {}", up.said());
    fs::remove_file(ballast).unwrap();
    assert_eq!(import.wait(), Some(0), "{}", import.said());
    wait_for_rows(&deployment.lake(), articles + 1);
    assert_eq!(up.stop().0, Some(0), "{}", up.said());
    assert_eq!(lake(&deployment.lake()).len() as u64, articles + 1);
}

fn wait_for_ready(up: &Running) {
    let since = Instant::now();
    while up.get("/readyz").0 != 200 {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", up.said());
        thread::sleep(Duration::from_millis(20));
    }
}

/// Numbered articles of some paragraphs.
fn write_articles(folder: &Path, count: u64) -> u64 {
    let mut lines = String::new();
    for n in 0..count {
        let paragraphs: Vec<_> = (0..6)
            .map(|p| format!("Paragraph {p} of article {n} says what happened that day, in words enough to be one."))
            .collect();
        let mut all = vec![format!("What happened on day {n}")];
        all.extend(paragraphs);
        lines.push_str(
            &serde_json::json!({ "id": n, "url": format!("https://day.example/{n}/story-{n}"), "lines": all })
                .to_string(),
        );
        lines.push('\n');
    }
    fs::write(folder.join("articles.jsonl"), lines).unwrap();
    count
}

mod kafka {
    use super::*;
    use crate::broker::{Broker, brokers};

    #[test]
    fn four_processes_killed_one_after_the_other_leave_every_article_once() {
        let deployment = Deployment::kafka(&brokers());
        deployment.good(&["topics", "create"]);
        assert!(deployment.good(&["topics", "check"]).contains("nothing is wrong"));
        let folder = tempfile::tempdir().unwrap();
        let articles = write_articles(folder.path(), 2_000);
        let roles = ["cleaner", "enricher", "sink"];
        let mut running: BTreeMap<_, _> = roles.iter().map(|role| (*role, deployment.start(&[role]))).collect();
        let mut import = deployment.start(&["import", folder.path().to_str().unwrap()]);
        thread::sleep(Duration::from_millis(30));
        import.kill();
        // Imported again as a whole: what the killed one had appended is unchanged, or not there yet.
        deployment.good(&["import", folder.path().to_str().unwrap()]);
        let seeds = Seeds::find();
        if let Some(seeds) = &seeds {
            deployment.good(&["import", &seeds.import()]);
        }
        for role in roles {
            thread::sleep(Duration::from_millis(700));
            running.get_mut(role).unwrap().kill();
            running.insert(role, deployment.start(&[role]));
        }
        let expected = articles + if seeds.is_some() { 5 } else { 0 };
        wait_for_rows(&deployment.lake(), expected);
        for role in roles {
            let (code, took) = running.get_mut(role).unwrap().stop();
            assert_eq!(code, Some(0), "{role}");
            assert!(took < Duration::from_secs(10), "{role} took {took:?}");
        }
        let rows = lake(&deployment.lake());
        assert_eq!(rows.len() as u64, expected);
        if let Some(seeds) = &seeds {
            let of_seeds = rows.into_iter().filter(|(_, row)| row["import_name"] == "seeds").collect();
            compare_with_gold(&of_seeds, &seeds.folder);
        }
    }

    #[test]
    fn a_broker_that_is_not_there_is_waited_for_and_a_stop_is_heard() {
        let mut broker = Broker::start();
        let deployment = Deployment::kafka(&broker.address());
        deployment.good(&["topics", "create"]);
        broker.kill();
        let mut cleaner = deployment.start(&["cleaner"]);
        let mut other = deployment.start(&["enricher"]);
        let since = Instant::now();
        while !cleaner.said().contains("waiting") {
            assert!(since.elapsed() < Duration::from_secs(20), "{}", cleaner.said());
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(cleaner.get("/readyz").0, 503);
        assert_eq!(cleaner.get("/healthz").0, 200);
        let (code, took) = other.stop();
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
        broker.resume();
        deployment.good(&["import", &samples()]);
        let since = Instant::now();
        while !cleaner.get("/metrics").1.contains("outcome=\"done\",reason=\"ok\"} 6") {
            assert!(since.elapsed() < Duration::from_secs(40), "{}", cleaner.said());
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(cleaner.get("/readyz").0, 200);
        // The broker goes away under a running stage.
        broker.kill();
        let since = Instant::now();
        while cleaner.get("/readyz").0 == 200 {
            assert!(since.elapsed() < Duration::from_secs(30), "{}", cleaner.said());
            thread::sleep(Duration::from_millis(200));
        }
        let (code, took) = cleaner.stop();
        assert_eq!(code, Some(0), "{}", cleaner.said());
        assert!(took < Duration::from_secs(25), "{took:?}");
    }

    #[test]
    fn a_cluster_that_is_set_up_wrong_is_refused_with_its_mend() {
        let deployment = Deployment::kafka(&brokers());
        let output = deployment.run(&["cleaner"]);
        assert_eq!(output.status.code(), Some(64));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("there is no topic pages") && error.contains("wiredesk topics create"), "{error}");
        deployment.good(&["topics", "create"]);
        let prefix = deployment.prefix();
        crate::broker::set_topic(&brokers(), &format!("{prefix}revisions"), &[("cleanup.policy", "delete")]);
        crate::broker::set_topic(&brokers(), &format!("{prefix}pages"), &[("max.message.bytes", "1000000")]);
        let output = deployment.run(&["topics", "check"]);
        assert_eq!(output.status.code(), Some(64));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains("revisions must have cleanup.policy=compact") && error.contains("max.message.bytes="),
            "{error}"
        );
        assert_eq!(deployment.run(&["enricher"]).status.code(), Some(64));
    }
}
