#![doc = include_str!("../README.md")]

mod batch;
mod clock;
mod commit;
mod dead_letter;
pub mod embedded;
mod error;
pub mod faults;
mod health;
pub mod kafka;
mod log;
mod metrics;
mod run;
mod stage;
mod step;
mod stop;
mod table;
mod work;

pub use batch::Limits;
pub use clock::Clock;
pub use commit::Gate;
pub use dead_letter::{DeadLetterLimit, replay};
pub use error::{CommitError, LogError, RunError, StoreError};
pub use health::Health;
pub use log::{
    Commit, Committer, Cursor, Delivery, EachRow, Event, Join, Log, Member, Move, NewTopic, Offset, Outgoing,
    Partition, Place, Token, TopicInfo, TopicSettings,
};
pub use metrics::{Ended, Metrics, Outcome, StageCounts};
pub use run::{Worker, run};
pub use stage::{Keyed, Peek, Refusal, Resume, Stage, Store, StoreBatch, StoreMove, TableView};
pub use step::{Crash, Step, Steps};
pub use stop::Stop;
pub use work::{KeyedWork, StageWork, StoreWork, Work, WriteStore};
