//! The one SQLite file: its layout, its statements, and what its errors mean.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::{
    codec,
    turn::{self, Turn},
};
use crate::{LogError, NewTopic, Offset, Partition, TopicSettings};

/// The layout of the file; a file with a higher number is refused.
const VERSION: i64 = 1;
/// Marks the file as ours (`PRAGMA application_id`).
const APPLICATION: i64 = 0x7769_7265;
/// Bits of a row id that hold the offset; the rest holds the partition's number in the file.
const OFFSET_BITS: u32 = 44;

const LAYOUT: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE topic(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, compacted INTEGER NOT NULL, retention_ms INTEGER NOT NULL);
CREATE TABLE partition(id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL, UNIQUE(topic, number));
CREATE TABLE batch(id INTEGER PRIMARY KEY, records INTEGER NOT NULL, appended_at INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE row(partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(partition, key)) WITHOUT ROWID;
CREATE TABLE position(stage TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY(stage, partition)) WITHOUT ROWID;
";

/// A topic as the file has it.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) settings: TopicSettings,
    /// The partitions' numbers in the file, by their number in the topic.
    pub(super) partitions: Vec<i64>,
}

/// A row of records.
pub(super) struct StoredBatch {
    pub(super) base: i64,
    pub(super) records: i64,
    pub(super) appended_at: i64,
    pub(super) data: Vec<u8>,
}

/// What an error of SQLite means for its caller.
pub(super) fn error(path: Option<&Path>, error: &rusqlite::Error) -> LogError {
    let path = path.map_or_else(|| PathBuf::from(":memory:"), Path::to_path_buf);
    let refused = |what: &str, mend: &str| LogError::Refused {
        what: format!("{what} ({error})"),
        path: path.clone(),
        mend: mend.to_owned(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => LogError::Unavailable(format!("the disk is full: {}", path.display())),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            LogError::Unavailable(format!("another process holds a lock on {}", path.display()))
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => {
            LogError::Unavailable(format!("the disk does not answer: {} ({error})", path.display()))
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => refused(
            "the log's file is damaged, or is no log",
            "restore it from a copy, or move it away to begin a new log; nothing was changed",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            refused("the log's file cannot be written", "give this user write access to the file and its folder")
        }
        _ => LogError::Fatal(format!("{}: {error}", path.display())),
    }
}

/// Opens the file, making it where there is none.
pub(super) fn open(path: &Path, turn: &Turn) -> Result<Connection, rusqlite::Error> {
    // Who makes a new file a WAL one is told at once that it is busy, without being asked to wait, where another does too.
    let _turn = turn.take();
    let connection = Connection::open(path)?;
    set_up(&connection)?;
    connection.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;
         PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

/// Opens the file for reading beside the writer.
pub(super) fn open_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    set_up(&connection)?;
    connection.execute_batch("PRAGMA cache_size = -1024;")?;
    Ok(connection)
}

/// A log in memory.
pub(super) fn open_memory() -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_in_memory()?;
    set_up(&connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_handler(Some(|looks| {
        std::thread::sleep(turn::LOOK);
        u32::try_from(looks).is_ok_and(|looks| turn::LOOK * looks < turn::WAIT_MAX)
    }))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Lays out an empty file, or checks that an old one is ours and no newer; returns the log's id.
pub(super) fn lay_out(
    connection: &mut Connection,
    turn: &Turn,
    path: Option<&Path>,
    new_id: &str,
) -> Result<String, LogError> {
    let sql = |e: rusqlite::Error| error(path, &e);
    let transaction = begin(connection, turn).map_err(sql)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sql)?;
    let (application, version): (i64, i64) = transaction
        .query_row("SELECT application_id, user_version FROM pragma_application_id, pragma_user_version", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(sql)?;
    if tables == 0 {
        transaction.execute_batch(LAYOUT).map_err(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(sql)?;
        transaction.execute("INSERT INTO meta VALUES('id', ?1), ('epoch', 0)", [new_id]).map_err(sql)?;
    } else if application != APPLICATION || version > VERSION {
        let path = path.map_or_else(PathBuf::new, Path::to_path_buf);
        return Err(if application == APPLICATION {
            LogError::Refused {
                what: format!("the log's file is of layout {version}, and this program knows {VERSION}"),
                path,
                mend: "run the version that wrote it, or a newer one; nothing was changed".to_owned(),
            }
        } else {
            LogError::Refused {
                what: "the file is a database of something else".to_owned(),
                path,
                mend: "give another data folder; nothing was changed".to_owned(),
            }
        });
    }
    let id = transaction.query_row("SELECT value FROM meta WHERE key = 'id'", [], |row| row.get(0)).map_err(sql)?;
    transaction.commit().map_err(sql)?;
    Ok(id)
}

/// Begins to write, when it is this process's turn and no other one writes.
pub(super) fn begin<'a>(connection: &'a mut Connection, turn: &Turn) -> Result<Transaction<'a>, rusqlite::Error> {
    let _turn = turn.take();
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Makes this process the owner: all earlier owners' commits are refused from here on.
pub(super) fn take_over(connection: &mut Connection, turn: &Turn) -> Result<i64, rusqlite::Error> {
    let transaction = begin(connection, turn)?;
    let sql = "UPDATE meta SET value = value + 1 WHERE key = 'epoch' RETURNING value";
    let epoch = transaction.query_row(sql, [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(epoch)
}

pub(super) fn epoch(transaction: &Transaction<'_>) -> Result<i64, rusqlite::Error> {
    transaction.prepare_cached("SELECT value FROM meta WHERE key = 'epoch'")?.query_row([], |row| row.get(0))
}

pub(super) fn topics(connection: &Connection) -> Result<BTreeMap<String, Topic>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, t.compacted, t.retention_ms, p.id FROM topic t JOIN partition p ON p.topic = t.id ORDER BY t.id, p.number",
    )?;
    let rows = statement.query_map([], |row| {
        let retention: i64 = row.get(2)?;
        let retention = Duration::from_millis(u64::try_from(retention).unwrap_or(0));
        let settings = TopicSettings { compacted: row.get(1)?, retention };
        Ok((row.get::<_, String>(0)?, settings, row.get::<_, i64>(3)?))
    })?;
    let mut topics = BTreeMap::<String, Topic>::new();
    for row in rows {
        let (name, settings, partition) = row?;
        let topic = topics.entry(name.clone()).or_insert(Topic { name, settings, partitions: Vec::new() });
        topic.partitions.push(partition);
    }
    Ok(topics)
}

pub(super) fn create(transaction: &Transaction<'_>, topic: &NewTopic) -> Result<(), rusqlite::Error> {
    let known = transaction.query_row("SELECT id FROM topic WHERE name = ?1", [topic.name], |row| row.get::<_, i64>(0));
    let retention = i64::try_from(topic.settings.retention.as_millis()).unwrap_or(i64::MAX);
    if let Some(id) = known.optional()? {
        transaction.execute(
            "UPDATE topic SET retention_ms = ?2 WHERE id = ?1 AND retention_ms <> ?2",
            params![id, retention],
        )?;
        return Ok(());
    }
    let sql = "INSERT INTO topic(name, compacted, retention_ms) VALUES(?1, ?2, ?3) RETURNING id";
    let id: i64 =
        transaction.query_row(sql, params![topic.name, topic.settings.compacted, retention], |row| row.get(0))?;
    for number in 0..topic.partitions {
        let sql = "INSERT INTO partition(topic, number, first, next) VALUES(?1, ?2, 0, 0)";
        transaction.execute(sql, params![id, number])?;
    }
    Ok(())
}

pub(super) fn bounds(connection: &Connection, partition: i64) -> Result<(i64, i64), rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT first, next FROM partition WHERE id = ?1")?;
    statement.query_row([partition], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn position(connection: &Connection, stage: &str, partition: i64) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT next FROM position WHERE stage = ?1 AND partition = ?2")?;
    statement.query_row(params![stage, partition], |row| row.get(0)).optional()
}

/// Gives a stage a position, the first record, where it has none: from then on retention waits for it.
pub(super) fn ensure_position(connection: &Connection, stage: &str, partition: i64) -> Result<(), rusqlite::Error> {
    let sql =
        "INSERT OR IGNORE INTO position(stage, partition, next) SELECT ?1, id, first FROM partition WHERE id = ?2";
    connection.execute(sql, params![stage, partition]).map(drop)
}

/// Moves a position, and says whether it stood where it should.
pub(super) fn move_position(
    transaction: &Transaction<'_>,
    stage: &str,
    partition: i64,
    from: Offset,
    next: Offset,
) -> Result<bool, rusqlite::Error> {
    let sql = "UPDATE position SET next = ?4 WHERE stage = ?1 AND partition = ?2 AND next = ?3";
    let mut statement = transaction.prepare_cached(sql)?;
    Ok(statement.execute(params![stage, partition, from.0, next.0])? == 1)
}

/// Appends the records to one partition, as few rows as the row limit allows.
pub(super) fn append<'a>(
    transaction: &Transaction<'_>,
    partition: i64,
    records: impl Iterator<Item = &'a schemas::RawRecord>,
    now: i64,
) -> Result<(), rusqlite::Error> {
    let (_, mut base) = bounds(transaction, partition)?;
    let mut row = Vec::new();
    let mut count = 0;
    for record in records {
        if count > 0 && row.len() + record.bytes() > codec::ROW_BYTES_MAX {
            insert(transaction, partition, base, count, now, &row)?;
            base += count;
            count = 0;
            row.clear();
        }
        codec::push(&mut row, count.unsigned_abs(), record);
        count += 1;
    }
    if count > 0 {
        insert(transaction, partition, base, count, now, &row)?;
    }
    transaction
        .prepare_cached("UPDATE partition SET next = ?2 WHERE id = ?1")?
        .execute(params![partition, base + count])?;
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    partition: i64,
    base: i64,
    count: i64,
    now: i64,
    row: &[u8],
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO batch(id, records, appended_at, data) VALUES(?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![row_id(partition, base), count, now, codec::compress(row)])?;
    Ok(())
}

fn row_id(partition: i64, offset: i64) -> i64 {
    (partition << OFFSET_BITS) + offset
}

/// The row that holds an offset, or the first behind it. `exact` where a row is known to begin there.
pub(super) fn read(
    connection: &Connection,
    partition: i64,
    offset: i64,
    exact: bool,
) -> Result<Option<StoredBatch>, rusqlite::Error> {
    let from = if exact { row_id(partition, offset) } else { row_before(connection, partition, offset)? };
    let sql = "SELECT id, records, appended_at, data FROM batch WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let base = row.get::<_, i64>(0)? - row_id(partition, 0);
        Ok(StoredBatch { base, records: row.get(1)?, appended_at: row.get(2)?, data: row.get(3)? })
    };
    statement.query_row([from, row_id(partition + 1, 0)], read).optional()
}

/// The id of the row that holds an offset; where the offset begins a row or lies behind all, the id it would have.
fn row_before(connection: &Connection, partition: i64, offset: i64) -> Result<i64, rusqlite::Error> {
    let sql = "SELECT id, records FROM batch WHERE id <= ?1 AND id >= ?2 ORDER BY id DESC LIMIT 1";
    let wanted = row_id(partition, offset);
    let row = connection
        .prepare_cached(sql)?
        .query_row([wanted, row_id(partition, 0)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    Ok(row.filter(|(id, records)| id + records > wanted).map_or(wanted, |(id, _)| id))
}

/// Changes one row of a table.
pub(super) fn put_row(
    transaction: &Transaction<'_>,
    partition: i64,
    key: &[u8],
    value: Option<&[u8]>,
) -> Result<(), rusqlite::Error> {
    match value {
        Some(value) => {
            let sql = "INSERT INTO row(partition, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value";
            transaction.prepare_cached(sql)?.execute(params![partition, key, value])?;
        }
        None => {
            transaction
                .prepare_cached("DELETE FROM row WHERE partition = ?1 AND key = ?2")?
                .execute(params![partition, key])?;
        }
    }
    Ok(())
}

/// All rows of a table's partition, in the order of their keys.
pub(super) fn rows(
    connection: &Connection,
    partition: i64,
    mut each: impl FnMut(&[u8], &[u8]),
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT key, value FROM row WHERE partition = ?1 ORDER BY key")?;
    let mut rows = statement.query([partition])?;
    while let Some(row) = rows.next()? {
        each(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
    }
    Ok(())
}

/// Deletes rows of records that every stage has passed and that are older than their topic's retention; at most `max`
/// rows a partition, so that no commit waits long for it. Returns how many went.
pub(super) fn retain(
    transaction: &Transaction<'_>,
    topic: &Topic,
    now: i64,
    max: u32,
) -> Result<usize, rusqlite::Error> {
    if topic.settings.compacted {
        return Ok(0);
    }
    let oldest = now.saturating_sub(i64::try_from(topic.settings.retention.as_millis()).unwrap_or(i64::MAX));
    let mut gone = 0;
    for partition in &topic.partitions {
        let (_, next) = bounds(transaction, *partition)?;
        let sql = "SELECT min(next) FROM position WHERE partition = ?1";
        let slowest: Option<i64> = transaction.query_row(sql, [partition], |row| row.get(0))?;
        let keep_from = slowest.unwrap_or(next);
        let sql = "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE id >= ?1 AND id < ?2 AND id + records <= ?2 AND appended_at < ?3 ORDER BY id LIMIT ?4)";
        let bounds = params![row_id(*partition, 0), row_id(*partition, keep_from), oldest, max];
        let deleted = transaction.prepare_cached(sql)?.execute(bounds)?;
        if deleted > 0 {
            let sql = "UPDATE partition SET first = coalesce((SELECT min(id) - ?2 FROM batch WHERE id >= ?2 AND id < ?3), next) WHERE id = ?1";
            transaction.execute(sql, params![partition, row_id(*partition, 0), row_id(*partition + 1, 0)])?;
        }
        gone += deleted;
    }
    Ok(gone)
}

/// The partition's number in the file.
pub(super) fn partition_of(topic: &Topic, partition: Partition) -> Option<i64> {
    topic.partitions.get(usize::try_from(partition.0).ok()?).copied()
}
