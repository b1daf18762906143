"""Reads a lake as its users do, by three readers, and says what is in it.

    python tests/lake/read.py [--rows] FOLDER

With --rows, prints each row as a JSON object a line. Otherwise prints {"rows", "articles", "latest"} as JSON, the last being the rows that are an article's latest revision. Ends with
status 1 if the readers disagree, or if an article has a revision twice.
"""

import json
import os
import sys

import duckdb
import polars
import pyarrow.compute
from deltalake import DeltaTable

LATEST = """
    SELECT article_id, revision FROM articles
    QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY seen_at DESC, revision DESC) = 1
"""


def by_polars(folder):
    rows = polars.scan_delta(folder).select("article_id", "revision", "seen_at", "body", "removed").collect()
    ids = rows.select("article_id", "revision")
    latest = rows.sort("seen_at", "revision", descending=True).unique("article_id", keep="first")
    return {
        "rows": rows.height,
        "revisions": ids.unique().height,
        "articles": ids["article_id"].n_unique(),
        "latest": latest.height,
        "latest_revisions": latest["revision"].sum(),
    }


def by_deltalake(folder):
    rows = DeltaTable(folder).to_pyarrow_table(columns=["article_id", "revision", "seen_at"])
    revisions = rows.group_by(["article_id", "revision"]).aggregate([])
    # An article's last row in the order of time: `last` keeps that order only on one thread.
    ordered = rows.sort_by([("seen_at", "ascending"), ("revision", "ascending")])
    latest = ordered.group_by("article_id", use_threads=False).aggregate([("revision", "last")])
    return {
        "rows": rows.num_rows,
        "revisions": revisions.num_rows,
        "articles": len(rows["article_id"].unique()),
        "latest": latest.num_rows,
        "latest_revisions": pyarrow.compute.sum(latest["revision_last"]).as_py() or 0,
    }


def by_duckdb(folder):
    db = duckdb.connect()
    try:
        db.execute("LOAD delta")
        db.execute("CREATE VIEW articles AS SELECT * FROM delta_scan(?)", [folder])
    except duckdb.Error:
        # The extension is a download of its own; without it, DuckDB reads what deltalake opens.
        db.register("articles", DeltaTable(folder).to_pyarrow_dataset())

    def one(query):
        return db.execute(query).fetchone()[0]

    return {
        "rows": one("SELECT count(*) FROM articles"),
        "revisions": one("SELECT count(*) FROM (SELECT DISTINCT article_id, revision FROM articles)"),
        "articles": one("SELECT count(DISTINCT article_id) FROM articles"),
        "latest": one(f"SELECT count(*) FROM ({LATEST})"),
        "latest_revisions": int(one(f"SELECT coalesce(sum(revision), 0) FROM ({LATEST})")),
    }


def main(folder, with_rows):
    found = {read.__name__: read(folder) for read in (by_polars, by_deltalake, by_duckdb)}
    one = found["by_polars"]
    if any(other != one for other in found.values()):
        sys.exit(f"the readers disagree: {json.dumps(found)}")
    if one["revisions"] != one["rows"]:
        sys.exit(f"{one['rows'] - one['revisions']} rows have the article id and revision of another")
    if with_rows:
        for row in DeltaTable(folder).to_pyarrow_table().to_pylist():
            print(json.dumps(row, default=str, ensure_ascii=False))
    else:
        print(json.dumps({name: one[name] for name in ("rows", "articles", "latest")}))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if not arguments or arguments[:-1] not in ([], ["--rows"]):
        sys.exit(__doc__)
    main(arguments[-1], "--rows" in arguments)
    # The readers' own threads may still run, and some end the whole process badly when the interpreter goes first.
    sys.stdout.flush()
    os._exit(0)
