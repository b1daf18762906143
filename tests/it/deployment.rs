//! A deployment of the real binary in a folder of its own: settings, data, processes, and its lake as its readers see it.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The binary, built by the same command in the same profile as these tests.
pub(crate) fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // The test binary lies in target/<profile>/deps.
        let target = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_path_buf();
        let status = Command::new(env!("CARGO"))
            // All of the workspace: another selection has other features, and builds half of the dependencies again.
            .args(["build", "--release", "--locked", "--quiet", "--workspace", "--all-targets", "--target-dir"])
            .arg(target.parent().unwrap())
            .current_dir(root)
            .status()
            .unwrap();
        assert!(status.success(), "the binary does not build");
        target.join("wiredesk")
    };
    BUILT.get_or_init(build).clone()
}

/// Settings and data of one deployment, in a folder of its own.
pub(crate) struct Deployment {
    folder: tempfile::TempDir,
    settings: String,
    binary: PathBuf,
}

impl Deployment {
    pub(crate) fn embedded() -> Self {
        Self::with(String::new())
    }

    pub(crate) fn with(kafka: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let settings = format!("data = {data:?}\n[sink]\ninterval_ms = 200\n[http]\nlisten = \"127.0.0.1:0\"\n{kafka}");
        fs::write(folder.path().join("wiredesk.toml"), &settings).unwrap();
        Self { folder, settings, binary: binary() }
    }

    /// The same, run by another binary.
    pub(crate) fn by(self, binary: PathBuf) -> Self {
        Self { binary, ..self }
    }

    pub(crate) fn kafka(brokers: &str) -> Self {
        Self::kafka_with(brokers, "")
    }

    pub(crate) fn kafka_with(brokers: &str, more: &str) -> Self {
        let settings = crate::support::kafka_settings(brokers);
        Self::with(format!(
            "{more}[kafka]\nbrokers = \"{brokers}\"\nprefix = \"{}\"\nreplication = 1\nsession_timeout_ms = 6000\n",
            settings.prefix
        ))
    }

    /// What stands in front of its topics' names on Kafka.
    pub(crate) fn prefix(&self) -> &str {
        self.settings.split("prefix = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.folder.path().join("wiredesk.toml")).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(arguments, &[])
    }

    pub(crate) fn start_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let log = self.folder.path().join(format!("{}.log", arguments[0]));
        let file = fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Running { process, log }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn lake(&self) -> PathBuf {
        self.data().join("lake")
    }

    /// Adds to the settings file, until it is changed again.
    pub(crate) fn append(&self, more: &str) {
        fs::write(self.folder.path().join("wiredesk.toml"), format!("{}\n{more}", self.settings)).unwrap();
    }

    /// Changes a setting of the file.
    pub(crate) fn set(&self, more: &str) {
        fs::write(self.folder.path().join("wiredesk.toml"), format!("{more}\n{}", self.settings)).unwrap();
    }
}

/// A process of ours; it does not outlive the test.
pub(crate) struct Running {
    process: Child,
    log: PathBuf,
}

impl Running {
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// SIGTERM; the exit status and how long it took.
    pub(crate) fn stop(&mut self) -> (Option<i32>, Duration) {
        let since = Instant::now();
        self.signal("-TERM");
        (self.wait(), since.elapsed())
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Whether it stands still, by SIGSTOP.
    pub(crate) fn is_stopped(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// The most memory that it has had in RAM, in KiB; 0 where the system does not tell.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn wait(&mut self) -> Option<i32> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(since.elapsed() < Duration::from_secs(40), "does not end: {}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn said(&self) -> String {
        let mut text = String::new();
        fs::File::open(&self.log).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// The address that the process serves its metrics at.
    pub(crate) fn address(&self) -> String {
        let since = Instant::now();
        loop {
            // The last one: those before it may stand in the same file.
            let said = self.said();
            if let Some((_, rest)) = said.rsplit_once("metrics at http://") {
                return rest.split("/metrics").next().unwrap_or_default().to_owned();
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A request to the process itself; status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        use std::{io::Write as _, net::TcpStream};
        let mut stream = TcpStream::connect(self.address()).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.said());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python environment with the lake's readers, as `tests/run` makes it.
fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    assert!(python.exists(), "the lake's readers are missing: `tests/run` installs them");
    python
}

/// The lake's rows by id, as all readers agree on them; each revision once.
pub(crate) fn lake(path: &Path) -> BTreeMap<(String, u64), Value> {
    lake_or_why(path).unwrap_or_else(|why| panic!("{why}"))
}

/// The same of a lake that is being written to: the readers, one after the other, may have seen different states.
pub(crate) fn lake_or_why(path: &Path) -> Result<BTreeMap<(String, u64), Value>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("lake/read.py");
    let output = Command::new(python()).arg(script).arg("--rows").arg(path).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut rows = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let key = (row["article_id"].as_str().unwrap().to_owned(), row["revision"].as_u64().unwrap());
        assert!(rows.insert(key.clone(), row).is_none(), "{key:?} is there twice");
    }
    Ok(rows)
}

/// The rows of a lake, by its commits as they come: for waiting, without a reader.
pub(crate) struct Rows {
    log: PathBuf,
    next: u64,
    rows: u64,
    /// Files that stand for smaller ones.
    pub(crate) joined: u64,
}

impl Rows {
    pub(crate) fn of(lake: &Path) -> Self {
        Self { log: lake.join("_delta_log"), next: 0, rows: 0, joined: 0 }
    }

    pub(crate) fn now(&mut self) -> u64 {
        while let Ok(commit) = fs::read_to_string(self.log.join(format!("{:020}.json", self.next))) {
            for line in commit.lines() {
                let action: Value = serde_json::from_str(line).unwrap_or_default();
                if action["add"]["dataChange"] == false {
                    self.joined += 1;
                    continue; // its rows were counted before
                }
                let stats = action["add"]["stats"].as_str().unwrap_or_default();
                let stats: Value = serde_json::from_str(stats).unwrap_or_default();
                self.rows += stats["numRecords"].as_u64().unwrap_or(0);
            }
            self.next += 1;
        }
        self.rows
    }
}

pub(crate) fn wait_for_rows(lake: &Path, rows: u64) {
    let mut written = Rows::of(lake);
    let since = Instant::now();
    while written.now() < rows {
        assert!(since.elapsed() < Duration::from_secs(60), "{} of {rows} rows", written.now());
        thread::sleep(Duration::from_millis(20));
    }
}
