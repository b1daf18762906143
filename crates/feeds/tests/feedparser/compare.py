"""Entries as feedparser finds them and as we do, over feedparser's own suite, and the speed of both.

    compare.py [--binary PATH] [--suite FOLDER] [--with ours|feed-rs|repaired] [--list]
    compare.py [--binary PATH] --speed FOLDER

Needs the package `feedparser` (a virtual environment with `pip install feedparser`). Without `--suite` its source
distribution is fetched with pip and unpacked into a temporary folder. The binary is the example `feeds_json`:
`cargo build --release -p feeds --example feeds_json`. `--speed` reads the feeds that
`cargo bench -p feeds -- --write FOLDER` wrote, and prints what feedparser makes of them in a second.
"""

import argparse
import collections
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings

import feedparser

HEADER = re.compile(rb"^Header:\s+([^:]+):(.+)$", re.MULTILINE)  # as the suite's own server reads them
FIELDS = ("entries", "link", "title", "date")


def suite_folder():
    """Fetches feedparser's source distribution; its folder of tests."""
    folder = pathlib.Path(tempfile.mkdtemp())
    name = f"feedparser=={feedparser.__version__}"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, name], check=True
    )
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("feedparser-*/tests"))


def headers_of(body):
    found = {key.decode().strip().lower(): value.decode().strip() for key, value in HEADER.findall(body)}
    return {key: value for key, value in found.items() if key in ("content-type", "content-location", "content-language")}


def theirs(body, headers):
    entries = feedparser.parse(io.BytesIO(body), response_headers=headers).entries
    dates = ("published_parsed", "updated_parsed", "created_parsed")
    return (
        len(entries),
        sum(bool(entry.get("link")) for entry in entries),
        sum(bool(entry.get("title")) for entry in entries),
        sum(any(dict.get(entry, date) for date in dates) for entry in entries),
    )


def ours(document):
    entries = document.get("entries") or []
    return (
        len(entries),
        sum(bool(entry.get("link")) for entry in entries),
        sum(bool(entry.get("title")) for entry in entries),
        sum(bool(entry.get("published") or entry.get("updated")) for entry in entries),
    )


def run(binary, lines, mode):
    """One document for each line. A process that dies is started again behind the line it died on."""
    documents = []
    while len(documents) < len(lines):
        arguments = [binary] if mode == "ours" else [binary, f"--{mode}"]
        rest = "\n".join(lines[len(documents) :])
        done = subprocess.run(arguments, input=rest, capture_output=True, text=True, encoding="utf-8", check=False)
        documents += [json.loads(line) for line in done.stdout.splitlines()]
        if len(documents) < len(lines):
            documents.append({"kind": "died"})
    return documents


def compare(arguments):
    folder = pathlib.Path(arguments.suite) if arguments.suite else suite_folder()
    paths = sorted(folder.rglob("*.xml"))
    bodies = [path.read_bytes() for path in paths]
    headers = [headers_of(body) for body in bodies]
    for path, header in zip(paths, headers):
        if "http" in str(path.relative_to(folder)):  # the suite's own runner serves these
            header.setdefault("content-location", f"http://127.0.0.1:8097/tests/{path.relative_to(folder)}")
    lines = [
        f"{path}\t{header.get('content-type', '')}\t{header.get('content-location', '')}" for path, header in zip(paths, headers)
    ]
    documents = run(arguments.binary, lines, arguments.reader)
    agreed = collections.Counter()
    with_entries = collections.Counter()
    worse = collections.Counter()
    for path, body, header, document in zip(paths, bodies, headers, documents):
        expected, found = theirs(body, header), ours(document)
        with_entries["documents"] += expected[0] > 0
        for field, theirs_count, ours_count in zip(FIELDS, expected, found):
            agreed[field] += theirs_count == ours_count
            worse[field] += ours_count < theirs_count
            with_entries[field] += expected[0] > 0 and theirs_count == ours_count
        if arguments.list and expected != found:
            kind = document["kind"] + " " + str(document.get("reason", ""))
            print(path.relative_to(folder), "feedparser", expected, "we", found, kind)
    print(f"{len(paths)} documents, {arguments.reader} beside feedparser {feedparser.__version__}")
    print(f"kinds: {dict(collections.Counter(document['kind'] for document in documents))}")
    for field in FIELDS:
        share, documents = 100 * agreed[field] / len(paths), with_entries["documents"]
        print(
            f"{field:8} agree in {agreed[field]:5} = {share:6.2f} %, fewer than feedparser in {worse[field]};"
            f" of the {documents} with entries in {100 * with_entries[field] / documents:.2f} %"
        )


def speed(arguments):
    bodies = [path.read_bytes() for path in sorted(pathlib.Path(arguments.speed).iterdir()) if path.is_file()]
    total = sum(map(len, bodies))
    start = time.process_time()
    entries = sum(len(feedparser.parse(io.BytesIO(body)).entries) for body in bodies)
    took = time.process_time() - start
    rate = total / took / 1e6
    print(f"feedparser: {len(bodies)} feeds, {entries} entries, {rate:.2f} MB/s, {len(bodies) / took:.1f} feeds/s")
    paths = "".join(f"{path}\n" for path in sorted(pathlib.Path(arguments.speed).iterdir()) if path.is_file())
    for flag in ("--time", "--time-feed-rs", "--time-repaired"):
        done = subprocess.run([arguments.binary, flag], input=paths, capture_output=True, text=True, check=True)
        cost = json.loads(done.stdout)
        mine = cost["bytes"] / cost["seconds"] / 1e6
        print(f"{flag:16} {cost['entries']} entries, {mine:.1f} MB/s, {mine / rate:.1f} times feedparser")


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/examples/feeds_json")
    parser.add_argument("--suite")
    parser.add_argument("--with", dest="reader", choices=("ours", "feed-rs", "repaired"), default="ours")
    parser.add_argument("--list", action="store_true", help="name each document on which the counts differ")
    parser.add_argument("--speed", metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.speed:
        speed(arguments)
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
