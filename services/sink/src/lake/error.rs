//! What can go wrong at the lake, and which branch the caller takes.

use std::{error::Error, io, path::PathBuf};

use delta_kernel::KernelError;

/// Why the lake could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The position in the lake is not the one that this worker last wrote or resumed from: another worker has taken
    /// the partition over. Nothing was written; the worker must let the partition go.
    #[error("another worker writes {topic}/{partition}: the lake stands at {found:?}, expected {expected:?}")]
    Fenced {
        /// The source topic without prefix.
        topic: String,
        /// Its partition.
        partition: u32,
        /// Where this worker had left it.
        expected: Option<i64>,
        /// Where it stands.
        found: Option<i64>,
    },
    /// The store cannot take it now: disk full, permission lost, too many other writers. Nothing was written as far as
    /// is known, and the same write may be tried again; if it did land after all, that try is [`LakeError::Fenced`].
    #[error("the lake cannot be written now: {doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What the store says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The table must not be written by this program. Nothing was deleted or rebuilt; a person has to decide.
    #[error("the lake at {} is refused: {what}; {mend}", path.display())]
    Refused {
        /// What is wrong with it.
        what: String,
        /// The table's folder.
        path: PathBuf,
        /// What to do about it.
        mend: &'static str,
        /// What the store or the table reader says, where there is more to say.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Files that were to be joined are no longer in the table: another compaction came first. Nothing was changed.
    #[error("other files are in the lake by now")]
    Overtaken,
    /// A row that does not fit the table's columns: a fault of this program.
    #[error("the rows do not become a data file")]
    Rows(#[source] Box<dyn Error + Send + Sync>),
    /// Rows were handed in without a move of their source, so nothing would tell whether they were written: a fault of
    /// the caller.
    #[error("rows without a move of their source position")]
    Unmoved,
}

pub(super) const MEND_WRITABLE: &str = "name a folder that this user may write, on a disk that is mounted read-write";
pub(super) const MEND_FOREIGN: &str = "name an empty folder, or the folder of a lake that wiredesk created";
pub(super) const MEND_LOG: &str =
    "restore the log that it follows, or name an empty folder for the lake of the new log";
pub(super) const MEND_NEWER: &str = "run the version of wiredesk that wrote it, or a newer one";
pub(super) const MEND_JOIN: &str = "join them by the program that deletes its rows (OPTIMIZE)";
pub(super) const MEND_RETENTION: &str =
    "ask for a shorter retention, or set delta.deletedFileRetentionDuration of the table and wait as long";
pub(super) const MEND_DAMAGED: &str = "restore it from a backup, or name an empty folder and replay";

impl LakeError {
    pub(super) fn unavailable(doing: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { doing, source: source.into() }
    }

    /// The rows do not fit, or the disk does not take them: only the latter may mend itself.
    pub(super) fn of_file(source: impl Error + Send + Sync + 'static) -> Self {
        if io_in_chain(&source).is_some() {
            Self::unavailable("a data file is written", source)
        } else {
            Self::Rows(source.into())
        }
    }
}

/// Whether an I/O error says that the place is wrong, which waiting does not mend.
pub(super) fn is_wrong_place(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AlreadyExists, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem,
        Unsupported,
    };
    let kind = error.kind();
    matches!(kind, AlreadyExists | InvalidInput | IsADirectory | NotADirectory | NotFound)
        || matches!(kind, PermissionDenied | ReadOnlyFilesystem | Unsupported)
}

/// The I/O error at the bottom of what the table reader says, if that is what it is.
pub(super) fn io_cause(error: &KernelError) -> Option<&io::Error> {
    match error {
        KernelError::Backtraced { source, .. } => io_cause(source),
        KernelError::IOError(error) => Some(error),
        KernelError::ObjectStore(error) => io_in_chain(error),
        KernelError::GenericError { source } => io_in_chain(source.as_ref()),
        KernelError::Parquet(error) => io_in_chain(error),
        KernelError::Arrow(error) => io_in_chain(error),
        other => io_in_chain(other),
    }
}

fn io_in_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        next = error.source();
    }
    None
}

/// Whether the table reader met a version or feature that it does not know.
pub(super) fn is_unsupported(error: &KernelError) -> bool {
    match error {
        KernelError::Backtraced { source, .. } => is_unsupported(source),
        KernelError::Unsupported(_) | KernelError::InvalidProtocol(_) => true,
        _ => false,
    }
}

/// Whether a file that the log named was gone when it was read: cleaned in between, or lost.
pub(super) fn is_missing(error: &KernelError) -> bool {
    match error {
        KernelError::Backtraced { source, .. } => is_missing(source),
        KernelError::FileNotFound(_) => true,
        error => io_cause(error).is_some_and(|error| error.kind() == io::ErrorKind::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_io_error_is_found_below_the_kernels() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let store = delta_kernel::object_store::Error::Generic { store: "local", source: Box::new(full()) };
        for error in [KernelError::from(full()), KernelError::ObjectStore(store), KernelError::generic_err(full())] {
            assert_eq!(io_cause(&error).map(io::Error::kind), Some(io::ErrorKind::StorageFull), "{error}");
        }
        assert!(io_cause(&KernelError::generic("x")).is_none());
    }
}
