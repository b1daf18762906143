//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// News, every article once: fetched, cleaned, enriched, in a lake.
#[derive(Debug, Parser)]
#[command(name = "wiredesk", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The settings file; every field is explained in deploy/config/wiredesk.toml. Without it, the defaults hold.
    #[arg(long, short, global = true, env = "WIREDESK_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all stages in this process: on the embedded log, or on Kafka where brokers are set.
    Up(Up),
    /// Run the fetcher alone, on Kafka.
    Fetcher,
    /// Run the cleaner alone, on Kafka.
    Cleaner,
    /// Run the enricher alone, on Kafka.
    Enricher,
    /// Run the sink alone, on Kafka.
    Sink,
    /// What is watched: add, remove, list feeds.
    #[command(subcommand)]
    Feeds(Feeds),
    /// Import pages and texts: .html, .txt and .jsonl, files and whole folders.
    Import(Import),
    /// Clean a page or a text and print the article.
    Clean(Clean),
    /// Print the records of a topic.
    Tail(Tail),
    /// Records that a stage refused.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// The topics of the log.
    #[command(subcommand)]
    Topics(Topics),
    /// The lake: how it stands, small files joined, files deleted that nobody needs.
    #[command(subcommand)]
    Lake(Lake),
    /// Measure this machine: the log, a stage, the whole pipeline. In topics or a folder that go again.
    #[command(subcommand)]
    Bench(Bench),
    /// Check the settings, or what the guard, robots.txt and a fetch make of a URL.
    Check(Check),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Append records of 2 KB and read them back.
    Log {
        #[arg(long, default_value_t = 100_000)]
        records: usize,
    },
    /// Run a stage that passes records of 2 KB on: bytes alone, and JSON read and written.
    Stage {
        #[arg(long, default_value_t = 100_000)]
        records: usize,
    },
    /// Import pages of 40 KB and run each stage on them; then how long an article takes to the lake.
    Pipeline {
        #[arg(long, default_value_t = 2_000)]
        pages: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Without one, the settings are checked.
    pub(crate) url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Feeds {
    /// Watch feeds. The address of a page will do where the page names its feed.
    Add {
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        #[command(flatten)]
        about: About,
        /// Add them unseen.
        #[arg(long)]
        no_check: bool,
    },
    /// Watch feeds no longer.
    Remove {
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
    },
    /// Do not poll feeds for now.
    Pause {
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        /// Poll them again.
        #[arg(long)]
        off: bool,
    },
    /// All feeds: their state, why, next poll, last success, rate.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// One feed with its last polls.
    Show {
        url: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Watch the feeds of an OPML file.
    Import {
        /// The file, or - for standard input.
        file: String,
    },
    /// Print all feeds as OPML.
    Export,
    /// Fetch feeds and say what they hold, without watching them. Without any, those that are watched.
    Check {
        #[arg(value_name = "URL")]
        urls: Vec<String>,
    },
    /// Print what a feed's document holds.
    Parse {
        /// The file, or - for standard input.
        file: String,
        /// As JSON: feed and entries.
        #[arg(long)]
        json: bool,
        /// Where it came from, for links that are not absolute.
        #[arg(long)]
        url: Option<String>,
        /// The Content-Type that came with it.
        #[arg(long)]
        content_type: Option<String>,
    },
}

/// What a user says of a feed.
#[derive(Debug, Default, PartialEq, Args)]
pub(crate) struct About {
    /// Who publishes it.
    #[arg(long)]
    pub(crate) publisher: Option<String>,
    /// Its language (BCP 47), where it does not say.
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Its country (ISO 3166-1).
    #[arg(long)]
    pub(crate) country: Option<String>,
    /// Your own words for it; may be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Never poll sooner (seconds).
    #[arg(long, value_name = "SECONDS")]
    pub(crate) interval_min: Option<u32>,
    /// Poll at least this often (seconds).
    #[arg(long, value_name = "SECONDS")]
    pub(crate) interval_max: Option<u32>,
    /// How much its freshness matters beside others, from 0.01 to 100.
    #[arg(long)]
    pub(crate) weight: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Import these files and folders first.
    #[arg(long, value_name = "PATH")]
    pub(crate) import: Vec<PathBuf>,
    /// Watch a newsroom that is part of the program, on this machine alone: six publications, five languages, an article a
    /// second. Its log and lake are its own, in the folder wiredesk-demo.
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The import's name: with the path below the folder it is the identity of a text that has no URL. By default the
    /// folder's own name.
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    /// A file, the address of a page, or - for standard input; with --jsonl, a file of one JSON object a line.
    #[arg(value_name = "FILE|URL", default_value = "-")]
    pub(crate) input: String,
    /// Print the whole result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Read one JSON object a line, write one a line in the same order.
    #[arg(long, conflicts_with = "json")]
    pub(crate) jsonl: bool,
    /// The address of the page in a file, where it is known.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The input is text that was already extracted, not HTML. A .txt file is that by itself.
    #[arg(long)]
    pub(crate) text: bool,
    /// Show every block with what became of it and why, then the fields. With --json or --jsonl, say in the output by what
    /// the model decided as well.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Write a page that shows what was kept beside what was removed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "jsonl"])]
    pub(crate) html: Option<PathBuf>,
    /// Whether --explain may use colors. By default on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The topic, such as articles.enriched.
    pub(crate) topic: String,
    /// The last so many records of each partition.
    #[arg(long, short = 'n', default_value_t = 10)]
    pub(crate) records: u32,
    /// Go on with what is appended from now on.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// List them, the newest last.
    List(Which),
    /// Show one with its original bytes.
    Show {
        /// As `list` names it: partition/offset.
        id: String,
    },
    /// Append them to the topics that they came from, for the stage that refused them.
    Replay {
        /// As `list` names them: partition/offset. Without any, all that --stage and --reason choose.
        ids: Vec<String>,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Those of this stage.
    #[arg(long)]
    pub(crate) stage: Option<String>,
    /// Those with this reason.
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Topics {
    /// Create the topics that do not exist.
    Create,
    /// Check them, and say how to mend what is wrong.
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lake {
    /// Say how it stands: files, rows, positions, and what compact and vacuum would do. Writes nothing.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Join the small files of each day. The sink does it too, every sink.compact_interval_s; both at once do no harm.
    Compact,
    /// Delete data files that the newest version does not have: those removed from it longer ago than the retention, and
    /// those that a crash left. The sink does it too, every sink.vacuum_interval_s.
    Vacuum {
        /// How long a removed file stays for readers of older versions. By default sink.vacuum_retention_hours.
        #[arg(long, value_name = "HOURS")]
        retention: Option<u64>,
        /// List the files, delete none.
        #[arg(long)]
        dry_run: bool,
        /// Allow a retention below an hour. Whoever is reading the lake at that moment may find files missing.
        #[arg(long)]
        force: bool,
    },
}

impl About {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
