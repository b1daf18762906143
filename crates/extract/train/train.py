#!/usr/bin/env python3
"""Trains the weights of the extractor: `train.py SHARED/data BINARIES OUT`.

Reads the development sets, writes OUT/model.bin (trained on all pages) and OUT/0.bin to OUT/4.bin (each trained without
one fold of sites: for figures on pages that were not trained on). The same input gives the same bytes.
"""
import os
import struct
import subprocess
import sys
import time

import numpy as np

START = time.time()
COST_MIN = 0.002    # what a wrong choice costs at least: residue of a few words hardly moves a page's F1
COST_MAX = 0.5
OWN_TEXTS = 3.0     # how much more a text counts that came as text than a page made one
LOST_TEXT = 3.0     # how much more a line of the article that is lost counts than one of residue that is left
REFUSED = 12.0      # how much more an article that is refused counts than another page that is taken for one
ROUNDS = dict(first=160, second=120, lines=160, verdict=120)
LEAVES = dict(first=15, second=15, lines=15, verdict=8)
EACH = [0, 1, 2, 3, 4, None]    # the fold that is left out; none for the weights that are checked in


def say(text):
    print(f"{time.time() - START:6.0f} s  {text}", flush=True)


def bytes_of(forests, *tables):
    out = [b"wdmodel2", struct.pack("<I", len(forests)), *forests]
    for scores in tables:
        out.append(struct.pack("<I", len(scores)))
        out += [struct.pack("<Ib", token, score) for token, score in sorted(scores.items())]
    return b"".join(out)


def main():
    shared, binaries, out = sys.argv[1:]
    sys.path.insert(0, os.path.join(shared, "extraction"))
    import data
    import forest
    import names
    import words

    os.makedirs(out, exist_ok=True)
    found, pages, columns, rows = data.load(os.path.join(binaries, "samples"), out, shared)
    say(f"{len(pages)} pages, {len(rows)} blocks")
    sizes = [len(page.texts) for page in pages]
    fold = np.repeat([page.fold for page in pages], sizes)
    kept = np.concatenate([page.kept for page in pages])
    weight = np.clip(np.concatenate([page.weight for page in pages]) + COST_MIN, 0, COST_MAX)
    known = kept >= 0
    names_from, first_end = len(columns[0]), len(columns[0]) + len(columns[1])

    own = [page for page in pages if not page.is_copy]
    counts = names.count(own)
    without = [names.table(counts, each) for each in range(data.FOLDS)]
    everything = names.table(counts)
    name_columns = np.concatenate([names.figures(page, without[page.fold]) for page in pages])
    rows[:, names_from:first_end] = name_columns
    say(f"{len(everything)} names")

    def train(columns_end, name, leave_out):
        chosen = known & (fold != leave_out)
        return forest.train(rows[chosen, :columns_end], kept[chosen], weight[chosen], ROUNDS[name], num_leaves=LEAVES[name])

    first = np.zeros(len(rows), np.float32)
    forests = {each: [] for each in EACH}
    for each in EACH:
        booster = train(first_end, "first", each)
        if each is not None:
            first[fold == each] = booster.predict(rows[fold == each, :first_end])
        forests[each].append(forest.write(booster))
    say("pages, first look")

    _, _, rows = data.samples(os.path.join(binaries, "samples"), out, found, first)
    rows[:, names_from:first_end] = name_columns
    for each in EACH:
        forests[each].append(forest.write(train(rows.shape[1], "second", each)))
    say("pages, second look")

    for each, booster in train_lines(binaries, out, shared, pages, rows.shape[1]):
        forests[each].append(forest.write(booster))
    say("lines")

    said = {each: [words.table(own, kind, each) for kind in words.PAGES_MIN] for each in EACH}
    say("words of pages")

    def write_all():
        for each in EACH:
            path = os.path.join(out, f"{'model' if each is None else each}.bin")
            with open(path, "wb") as file:
                file.write(bytes_of(forests[each], everything if each is None else without[each], *said[each]))

    write_all()
    for each, booster in train_verdict(binaries, out, pages, said):
        forests[each].append(forest.write(booster))
    write_all()
    say("verdicts")


def train_lines(binaries, out, shared, pages, columns):
    import forest
    import lines

    own = lines.own(shared)
    texts = own + lines.flattened(pages)
    rows = lines.measure(os.path.join(binaries, "samples"), out, texts).reshape(-1, columns)
    sizes = [len(text.kept) for text in texts]
    fold = np.repeat([text.fold for text in texts], sizes)
    kept = np.concatenate([text.kept for text in texts])
    weight = np.clip(np.concatenate([text.weight for text in texts]) + COST_MIN, 0, COST_MAX)
    weight[: sum(sizes[: len(own)])] *= OWN_TEXTS
    weight[kept == 1] *= LOST_TEXT
    for each in EACH:
        chosen = (kept >= 0) & (fold != each)
        yield each, forest.train(rows[chosen], kept[chosen], weight[chosen], ROUNDS["lines"], num_leaves=LEAVES["lines"])


def train_verdict(binaries, out, pages, said):
    import forest
    import words

    subprocess.run([os.path.join(binaries, "samples"), "verdicts", os.path.join(out, "items.jsonl"), out], check=True)
    rows = np.fromfile(os.path.join(out, "verdicts.f32"), "<f4").reshape(len(pages), -1)
    pages = [page for page in pages if not page.is_copy]
    rows = rows[: len(pages)]    # copies stand behind all others
    for at, kind in enumerate(words.PAGES_MIN):
        rows[:, at - len(words.PAGES_MIN)] = [words.say(page, kind, said[page.fold][at]) for page in pages]
    article = np.array([page.source != "notarticle" for page in pages], np.int8)
    fold = np.array([page.fold for page in pages])
    weight = np.where(article == 1, REFUSED, 1.0) * np.where(article == 1, 1.0, (article == 1).sum() / (article == 0).sum())
    judged = np.zeros(len(pages))
    for each in EACH:
        chosen = fold != each
        booster = forest.train(rows[chosen], article[chosen], weight[chosen], ROUNDS["verdict"],
                               num_leaves=LEAVES["verdict"], min_data_in_leaf=10, feature_fraction=0.5)
        if each is not None:
            judged[fold == each] = booster.predict(rows[fold == each])
        yield each, booster
    others = judged[article == 0]
    for refused in (0.002, 0.005, 0.01):
        at = np.quantile(judged[article == 1], refused)
        say(f"verdict: {refused:.1%} of articles below {at:.4f}, and {np.mean(others < at):.1%} of other pages")


if __name__ == "__main__":
    main()
