"""Texts that were already extracted, as lines with labels: the residue set's own, and the development pages flattened."""
import json
import random
import subprocess
from dataclasses import dataclass

import numpy as np

from data import fold_of, known_sites, read_lines, site_of

# What may follow and precede an article in a text that an extractor left behind, in blocks.
BEFORE_MAX = 10
BEHIND_MAX = 30
WHOLE_SHARE = 0.25      # pages that are taken whole
DROPPED_SHARE = 0.35    # blocks of residue that an extractor would have found


@dataclass
class Text:
    id: str
    source: str
    fold: int
    lines: list
    kept: np.ndarray
    weight: np.ndarray


def own(shared):
    """The residue set's texts."""
    sites = known_sites(shared)
    texts = []
    for item in read_lines(f"{shared}/residue/text.jsonl"):
        lines = [" ".join(line.split()) for line in item["lines"]]
        named = [(line, label) for line, label in zip(lines, item["labels"]) if line]
        total = sum(len(line) for line, label in named if label == "body") or 1
        kept = np.array([1 if label == "body" else 0 if label.startswith("residue") else -1 for _, label in named], np.int8)
        weight = np.array([len(line) / total + 0.03 if label == "body" else 0.03 for line, label in named], np.float32)
        texts.append(Text(item["id"], item["kind"], _fold(item, sites), item["lines"], kept, weight))
    return texts


def _fold(item, sites):
    """A site's texts are in the fold of its pages; composed texts go by the story that they were made of."""
    for platform in item["platforms"]:
        if platform.startswith("site:"):
            return fold_of(site_of(platform[5:], sites))
    story = item["id"].split("_")[-1] if item["kind"] == "composed" else item["id"].rsplit("_", 1)[0]
    return fold_of(story)


def flattened(pages):
    """The development pages as texts: a window around the article, some of its residue dropped."""
    texts = []
    for page in pages:
        draw = random.Random(page.id)
        text_at = [at for at, kept in enumerate(page.kept) if kept == 1]
        if not text_at or page.source in ("notarticle", "trafeval"):
            continue
        first, end = text_at[0] - draw.randint(0, BEFORE_MAX), text_at[-1] + 1 + draw.randint(0, BEHIND_MAX)
        if draw.random() < WHOLE_SHARE:
            first, end = 0, len(page.texts)
        chosen = [at for at in range(max(first, 0), min(end, len(page.texts)))
                  if page.texts[at].strip() and (page.kept[at] == 1 or draw.random() > DROPPED_SHARE)]
        lines = [" ".join(page.texts[at].split()) for at in chosen]
        texts.append(Text(page.id, page.source, page.fold, lines, page.kept[chosen], page.weight[chosen]))
    return texts


def measure(binary, folder, texts):
    """The rows of all lines that hold something."""
    with open(f"{folder}/lines.jsonl", "w", encoding="utf-8") as out:
        for text in texts:
            out.write(json.dumps({"id": text.id, "lines": text.lines}) + "\n")
    subprocess.run([binary, "rows", f"{folder}/lines.jsonl", folder], check=True)
    return np.fromfile(f"{folder}/rows.f32", "<f4")
