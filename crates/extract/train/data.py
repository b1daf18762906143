"""The development sets as pages with labelled blocks."""
import gzip
import json
import os
import re
import subprocess
import zlib
from dataclasses import dataclass, field

import numpy as np
from plant import PLANTED, planted

FOLDS = 5


@dataclass
class Page:
    id: str
    source: str
    fold: int
    texts: list
    elements: list
    parents: list
    tokens: list
    words: list
    short_words: list
    kept: np.ndarray      # 1 text, 0 residue, -1 not known
    weight: np.ndarray    # what a wrong choice costs, in F1 of the page
    truth: dict = field(repr=False)

    @property
    def is_copy(self):
        return self.id.endswith(PLANTED)


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def read_page(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as page:
        return page.read()


def fold_of(site):
    """Pages of a site are in one fold, whichever set they come from."""
    return zlib.crc32(site.encode()) % FOLDS


def items(shared):
    """All pages: (item for the extractor, source, fold, truth)."""
    found = []
    sites = known_sites(shared)
    for line in read_lines(f"{shared}/extraction/truth.jsonl"):
        html = read_page(f"{shared}/extraction/pages/{line['id']}.html.gz")
        fold = fold_of(line["site"] or line["id"])
        found.append(({"id": line["id"], "url": line["url"], "html": html, "fold": fold}, line["source"], fold, line))
    for line in read_lines(f"{shared}/residue/html.jsonl"):
        html = read_page(f"{shared}/residue/html/{line['id']}.html.gz")
        fold = fold_of(site_of(line.get("url") or line["id"], sites))
        found.append(({"id": line["id"], "html": html, "fold": fold}, "residue", fold, line))
    for line in read_lines(f"{shared}/notarticle/truth.jsonl"):
        html = read_page(f"{shared}/notarticle/pages/{line['id']}.html.gz")
        fold = fold_of(line["site"])
        found.append(({"id": line["id"], "url": line["url"], "html": html, "fold": fold}, "notarticle", fold, line))
    return found


def known_sites(shared):
    """The sites of the extraction set."""
    return {line["site"] for line in read_lines(f"{shared}/extraction/truth.jsonl") if line["site"]}


def site_of(url, sites):
    """The site of an address as the extraction set names it, so that no site is in two folds."""
    host = re.sub(r"^\w+://", "", url.lower()).split("/")[0]
    parts = host.split(".")
    names = [".".join(parts[at:]) for at in range(len(parts))]
    return next((name for name in names if name in sites), host)


def samples(binary, folder, found, first=None):
    """The extractor's blocks and rows of all pages; with the first judgement, the columns that depend on it as well."""
    path = os.path.join(folder, "items.jsonl")
    if first is None:
        with open(path, "w", encoding="utf-8") as out:
            for item, *_ in found:
                out.write(json.dumps(item) + "\n")
        arguments = []
    else:
        first.astype("<f4").tofile(os.path.join(folder, "first.f32"))
        arguments = [os.path.join(folder, "first.f32")]
    subprocess.run([binary, "rows", path, folder, *arguments], check=True)
    lines = read_lines(os.path.join(folder, "samples.jsonl"))
    columns = lines[0]["columns"]
    rows = np.fromfile(os.path.join(folder, "rows.f32"), "<f4").reshape(-1, sum(map(len, columns)))
    return columns, lines[1:], rows


def label(source, sample, truth):
    """What is known of a page's blocks: (kept, weight)."""
    from labels import align

    texts = sample["texts"]
    kept, weight = np.full(len(texts), -1, np.int8), np.zeros(len(texts), np.float32)
    if truth.get("body") and source != "residue":
        kept[:], weight[:] = align(texts, truth["body"])[:2]
    elif source == "residue":
        _label_residue(texts, truth, kept, weight)
    elif truth.get("with"):
        _label_snippets(texts, truth, kept, weight)
    return kept, weight


def _label_snippets(texts, truth, kept, weight):
    squashed = [" ".join(text.split()) for text in texts]
    comments = truth.get("comments")
    without = truth.get("without") or []
    without = [without] if isinstance(without, str) else without
    for snippet in truth["with"]:
        held = [at for at, text in enumerate(squashed) if " ".join(snippet.split()) in text]
        for at in held:
            kept[at], weight[at] = 1, max(weight[at], 0.1 / len(held))
    for snippet in without + (comments if isinstance(comments, list) else []):
        for at, text in enumerate(squashed):
            if " ".join(snippet.split()) in text and kept[at] < 0:
                kept[at], weight[at] = 0, 0.1


def _label_residue(texts, truth, kept, weight):
    def key(text):
        return re.sub(r"[\W_]+", "", text).lower()

    body = [key(text) for text in truth["body"]]
    whole, total = "".join(body), sum(map(len, body)) or 1
    gone = [key(entry["t"]) for entry in truth["must_not"]]
    for at, text in enumerate(map(key, texts)):
        if not text:
            continue
        if len(text) >= 20 and (text in whole or any(len(b) >= 20 and b in text for b in body)):
            kept[at], weight[at] = 1, len(text) / total + 0.01
        elif text in body:
            kept[at], weight[at] = 1, 0.02
        elif any(g and (g == text or (len(g) >= 12 and g in text) or (len(text) >= 12 and text in g)) for g in gone):
            kept[at], weight[at] = 0, 0.03


def load(binary, folder, shared):
    """All pages and their copies with labels, the columns' names and all rows."""
    from multiprocessing import Pool

    found = items(shared)
    found += planted(found)
    columns, lines, rows = samples(binary, folder, found)
    with Pool() as pool:
        labels = pool.starmap(label, [(source, line, truth) for (_, source, _, truth), line in zip(found, lines)], 16)
    pages = [
        Page(line["id"], source, fold, line["texts"], line["elements"], line["parents"], line["tokens"], line["words"], line["short_words"], *known, truth)
        for (_, source, fold, truth), line, known in zip(found, lines, labels)
    ]
    return found, pages, columns, rows
