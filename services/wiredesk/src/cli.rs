//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Run the cleaner alone, on Kafka.
    Cleaner,
    /// Run the enricher alone, on Kafka.
    Enricher,
    /// Run the sink alone, on Kafka.
    Sink,
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
    /// Check the settings, say what they mean, and stop.
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Import these files and folders first.
    #[arg(long, value_name = "PATH")]
    pub(crate) import: Vec<PathBuf>,
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
