#![doc = include_str!("../README.md")]

mod batch;
mod clock;
mod commit;
mod dead_letter;
pub mod embedded;
mod error;
pub mod faults;
mod health;
mod index;
pub mod kafka;
mod log;
mod metrics;
mod outside;
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
pub use index::{Index, Key, Timers};
pub use log::{
    Commit, Committer, Cursor, Delivery, EachRow, Event, Join, Log, Member, Move, NewTopic, Offset, Outgoing,
    Partition, Place, Token, TopicInfo, TopicSettings,
};
pub use metrics::{Ended, Metrics, Outcome, StageCounts};
pub use outside::{Outside, Pool, Ticket};
pub use run::{Worker, run};
pub use stage::{
    Due, Keyed, Never, Peek, PeekOf, Refusal, Resume, Stage, Store, StoreBatch, StoreMove, TableOf, TableView,
};
pub use step::{Crash, Step, Steps};
pub use stop::Stop;
pub use work::{KeyedWork, Share, StageWork, StoreWork, Work, Worked, WriteStore};
