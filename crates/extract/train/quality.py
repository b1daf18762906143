#!/usr/bin/env python3
"""Measures the extractor: `quality.py SHARED/data BINARIES WEIGHTS [PEERS] > docs/quality.md`.

Pages are judged by the weights that were trained without their fold (WEIGHTS/0.bin to 4.bin, see train.py). PEERS holds
other tools' predictions for the extraction set, one file a tool (NAME.jsonl), as the set's scorer reads them: peers.py
writes those of Python packages, ../peers those of crates.
"""
import io
import json
import os
import subprocess
import sys
import tempfile

SOURCES = ["scrapinghub", "fundus", "wcxb", "daniel", "magic", "zhdata", "trafeval", "htmldate_mc"]
BODY = [("body F1", "F1"), ("body precision", "P"), ("body recall", "R"), ("body F1, mean of pages", "pageF1"), ("comments leaked", "c.leak"), ("residue lines / 100 pages", "res/100")]
FIELDS = [("title exact", "t.exact"), ("title exact where the label is the headline", "h.exact"), ("authors F1", "a.F1"), ("date exact", "d.exact"), ("language", "l.acc")]
LOWER = {"c.leak", "res/100"}


def main():
    shared, binaries, weights, *peers = sys.argv[1:]
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in ("extraction", "residue"):
        sys.path.insert(0, os.path.join(shared, folder))
    sys.path.insert(0, here)
    import data
    import lines
    import score
    import score_residue

    with tempfile.TemporaryDirectory() as folder:
        found = data.items(shared)
        pages = clean(binaries, weights, folder, [item for item, *_ in found])
        texts = lines.own(shared)
        items = [{"id": text.id, "lines": text.lines, "fold": text.fold} for text in texts]
        cleaned = clean(binaries, weights, folder, items)
    tools = {"wiredesk": {item["id"]: pages[item["id"]] for item, source, *_ in found if source not in ("residue", "notarticle")}}
    for name in sorted(os.listdir(peers[0])) if peers else []:
        if name.endswith(".jsonl"):
            tools[name[:-6]] = {line["id"]: line for line in data.read_lines(os.path.join(peers[0], name))}

    out = io.StringIO()
    out.write(HEAD)
    table(out, score, data.read_lines(f"{shared}/extraction/truth.jsonl"), tools, os.path.join(here, "residue_patterns.txt"), os.path.join(here, "headlines.txt"))
    residue(out, score_residue, shared, data, pages, cleaned)
    verdicts(out, found, pages)
    sys.stdout.write(out.getvalue())


def clean(binaries, weights, folder, items):
    path = os.path.join(folder, "items.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item) + "\n")
    with open(path, encoding="utf-8") as file:
        done = subprocess.run([os.path.join(binaries, "clean_jsonl"), weights], stdin=file, capture_output=True, check=True)
    lines = map(json.loads, done.stdout.decode().splitlines())
    return {line["id"]: {key: value for key, value in line.items() if key != "blocks"} for line in lines}


class Options:
    classic = False
    patterns = []


def table(out, score, truth, tools, patterns, headlines):
    import re

    with open(patterns, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    Options.patterns = [re.compile(line.split("\t")[-1], re.I) for line in lines]
    scored = {name: [(line["source"], score.score_page(line, found.get(line["id"], {}), Options)) for line in truth] for name, found in tools.items()}
    sums = {name: {source: score.summarise([page for of, page in pages if of == source]) for source in SOURCES} for name, pages in scored.items()}
    with open(headlines, encoding="utf-8") as file:
        named = set(file.read().split())
    for name, pages in scored.items():
        for source in SOURCES:
            labelled = [page for of, page in pages if of == source and page["id"] in named]
            sums[name][source]["h.exact"] = score.summarise(labelled).get("t.exact")
    for columns in (BODY, FIELDS):
        for title, key in columns:
            rows = [source for source in SOURCES if sums["wiredesk"][source].get(key) is not None]
            if not rows:
                continue
            out.write(f"\n### {title[0].upper() + title[1:]}\n\n| | " + " | ".join(rows) + " |\n|" + " --- |" * (len(rows) + 1) + "\n")
            compared = {name: found for name, found in sums.items() if key not in LOWER or found["trafeval"].get("w.rec")}
            best = {source: (min if key in LOWER else max)(found[source].get(key) or 0.0 for found in compared.values()) for source in rows}
            for name in compared:
                values = [sums[name][source].get(key) for source in rows]
                if any(values):
                    cells = [figure(value, value is not None and value == best[source], key) for value, source in zip(values, rows)]
                    out.write(f"| {name} | " + " | ".join(cells) + " |\n")
    compare(out, tools, scored)


def figure(value, is_best, key):
    if value is None:
        return ""
    text = f"{value:.1f}" if key == "res/100" else f"{value:.4f}"
    return f"**{text}**" if is_best else text


def compare(out, tools, scored):
    peers = [name for name in tools if name != "wiredesk"]
    if not peers:
        return
    f1 = {name: {page["id"]: page["F"] for _, page in pages if "F" in page} for name, pages in scored.items()}
    own = f1["wiredesk"]
    lost = sum(max(f1[name].get(page, 0.0) for name in peers) > figure + 0.05 for page, figure in own.items())
    total = len(own)
    out.write(f"\nOn {100 * (1 - lost / total):.1f} % of the {total} pages with a reference body, ours is within .05 of the best peer for that page, or ahead of it.\n")


def residue(out, scorer, shared, data, pages, texts):
    out.write("\n## Residue\n\n| set | items | score | residue recall | body retention |\n| --- | --- | --- | --- | --- |\n")
    for name, items, score in (("html", data.read_lines(f"{shared}/residue/html.jsonl"), scorer.score_html), ("text", data.read_lines(f"{shared}/residue/text.jsonl"), scorer.score_text)):
        found = [{"id": item["id"], "text": pages[item["id"]]["body"]} if name == "html" else {"id": item["id"], "kept": texts[item["id"]]["kept"]} for item in items]
        rows = score(items, found)
        for kind in [None] + sorted({row["kind"] for row in rows}):
            summary = scorer.summarise([row for row in rows if kind in (None, row["kind"])])
            out.write(f"| {name}{', ' + kind if kind else ''} | {summary['items']} | {percent(summary, 'score')} | {percent(summary, 'recall')} | {percent(summary, 'retention')} |\n")


def percent(summary, name):
    value = next((summary[key] for key in summary if key.startswith(name) and isinstance(summary[key], float)), None)
    return "" if value is None else f"{100 * value:.2f}"


def verdicts(out, found, pages):
    others = [pages[item["id"]]["verdict"] for item, source, *_ in found if source == "notarticle"]
    articles = [pages[item["id"]]["verdict"] for item, source, *_ in found if source not in ("notarticle", "residue")]
    out.write("\n## Is it an article at all?\n\n")
    told = sum(verdict != "article" for verdict in others)
    refused = sum(verdict != "article" for verdict in articles)
    out.write(f"{told} of {len(others)} pages that are none are told apart; {refused} of {len(articles)} pages of the extraction set are refused.\n")


HEAD = """# Quality of extraction

Measured on the development sets, each page by weights that were trained without its site (five folds). Peers ran on the same
pages with their defaults (`crates/extract/train/peers.txt`, and in Rust dom_smoothie and trafilatura-rs, which is the crate
`trafilatura`: `crates/extract/peers`); the best figure of a column is bold. To make this page again:

```sh
cargo build --release -p extract --examples
python3 -m pip install -r crates/extract/train/requirements.txt -r crates/extract/train/peers.txt
python3 crates/extract/train/train.py SETS target/release/examples WEIGHTS
for peer in trafilatura readability resiliparse newspaper4k goose3 htmldate; do
    python3 crates/extract/train/peers.py SETS $peer PEERS
done
for peer in dom_smoothie trafilatura-rs; do
    cargo run --release --manifest-path crates/extract/peers/Cargo.toml --bin predict -- SETS $peer PEERS
done
python3 crates/extract/train/quality.py SETS target/release/examples WEIGHTS PEERS > docs/quality.md
```

magic-html is not compared: no package index has it. Labels that are headlines are those of `crates/extract/train/headlines.txt`
(`headlines.py` makes it): an `h1` of the page says the same.

## Pages
"""

if __name__ == "__main__":
    main()
