//! One real Apache Kafka broker for all tests of a run: `KAFKA_BROKERS` where it is set, otherwise our own on a free
//! port, from the jars that `tests/kafka/pom.xml` names.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::proxy::Proxy;

/// How long a broker may take to listen.
const START_MAX: Duration = Duration::from_secs(60);

/// The brokers' addresses.
pub(crate) fn brokers() -> String {
    static SHARED: OnceLock<String> = OnceLock::new();
    SHARED.get_or_init(|| std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| Broker::start().leak())).clone()
}

/// A broker of a test's own, that it may stop and start.
pub(crate) struct Broker {
    folder: tempfile::TempDir,
    port: u16,
    /// Where its clients find it: in front of it may stand a [`Proxy`].
    advertised: u16,
    process: Option<Child>,
}

impl Broker {
    /// Formats its storage and starts it.
    pub(crate) fn start() -> Self {
        let port = free_port();
        Self::start_at(port, port)
    }

    /// The same, its clients kept apart from it by a proxy.
    pub(crate) fn start_behind_proxy() -> (Self, Proxy) {
        let port = free_port();
        let proxy = Proxy::to(port);
        (Self::start_at(port, proxy.port()), proxy)
    }

    fn start_at(port: u16, advertised: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let controller = free_port();
        let data = folder.path().join("data");
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{advertised},CONTROLLER://127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\nlog.dirs={data}\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             transaction.state.log.num.partitions=4\ndefault.replication.factor=1\nmin.insync.replicas=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n\
             log.cleaner.backoff.ms=200\nlog.cleaner.min.compaction.lag.ms=0\n\
             log.retention.check.interval.ms=1000\ngroup.min.session.timeout.ms=1000\n",
            data = data.display()
        );
        let log4j = "Configuration:\n  Appenders:\n    Console:\n      name: C\n      PatternLayout:\n        pattern: \"%d %p %c %m%n\"\n  Loggers:\n    Root:\n      level: WARN\n      AppenderRef:\n        - ref: C\n";
        fs::write(folder.path().join("server.properties"), properties).unwrap();
        fs::write(folder.path().join("log4j2.yaml"), log4j).unwrap();
        let format = java(folder.path())
            .args([
                "kafka.tools.StorageTool",
                "format",
                "-t",
                "MkU3OEVBNTcwNTJENDM2Qg",
                "--standalone",
                "-c",
                "server.properties",
            ])
            .output()
            .expect("java runs");
        assert!(format.status.success(), "kafka storage: {}", String::from_utf8_lossy(&format.stderr));
        let mut broker = Self { folder, port, advertised, process: None };
        broker.resume();
        broker
    }

    /// Starts it, again.
    pub(crate) fn resume(&mut self) {
        // The shell kills the broker when this process is gone, however it went: then its standard input ends.
        let command = "java -Xmx512m -Dlog4j2.configurationFile=log4j2.yaml -cp \"$0/*\" kafka.Kafka server.properties \
                       > kafka.log 2>&1 & pid=$!; echo $pid > pid; cat > /dev/null; kill -9 $pid";
        let process = Command::new("sh")
            .args(["-c", command])
            .arg(jars())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh runs");
        self.process = Some(process);
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.folder.path().join("kafka.log")).unwrap_or_default();
            assert!(since.elapsed() < START_MAX, "the broker does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Its death, as kill -9 brings it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            process.wait().unwrap();
        }
    }

    /// Its end, as SIGTERM brings it.
    pub(crate) fn end(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let pid = fs::read_to_string(self.folder.path().join("pid")).unwrap();
        assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() && since.elapsed() < START_MAX {
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(process.stdin.take());
        process.wait().unwrap();
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.advertised)
    }

    /// For the rest of the process.
    fn leak(self) -> String {
        let address = self.address();
        std::mem::forget(self);
        address
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn java(folder: &Path) -> Command {
    let mut command = Command::new("java");
    command.current_dir(folder).arg("-Dlog4j2.configurationFile=log4j2.yaml").arg("-cp").arg(jars().join("*"));
    command
}

/// The jars, fetched once into the target folder.
fn jars() -> PathBuf {
    static JARS: OnceLock<PathBuf> = OnceLock::new();
    let fetch = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let jars = root.join("../target/kafka");
        let wanted = fs::read_to_string(root.join("kafka/pom.xml")).unwrap();
        if fs::read_to_string(jars.join("done")).ok().as_ref() != Some(&wanted) {
            let _ = fs::remove_dir_all(&jars); // of another version
            let output = Command::new("mvn")
                .args(["-q", "-B", "dependency:copy-dependencies"])
                .arg(format!("-DoutputDirectory={}", jars.display()))
                .current_dir(root.join("kafka"))
                .output()
                .expect("mvn runs: `tests/run` installs it");
            assert!(output.status.success(), "mvn: {}", String::from_utf8_lossy(&output.stdout));
            fs::write(jars.join("done"), wanted).unwrap();
        }
        jars.canonicalize().unwrap()
    };
    JARS.get_or_init(fetch).clone()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Changes a topic's settings.
pub(crate) fn set_topic(brokers: &str, topic: &str, settings: &[(&str, &str)]) {
    let configs: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let output = Command::new("java")
        .arg("-cp")
        .arg(jars().join("*"))
        .args(["kafka.admin.ConfigCommand", "--bootstrap-server", brokers, "--alter"])
        .args(["--entity-type", "topics", "--entity-name", topic, "--add-config", &configs.join(",")])
        .output()
        .expect("java runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
