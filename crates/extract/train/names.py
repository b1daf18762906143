"""What the parts of class names and ids speak for: log-odds of text within elements so named, over sites."""
import collections

import numpy as np

from data import FOLDS

PAGES_MIN = 4
SMOOTHING = 0.15
MEAN_LEVELS = 5


def count(pages):
    """For each fold: digest -> [pages for text, pages against, sites]. A page counts once for each of its names."""
    counts = [collections.defaultdict(lambda: [0.0, 0.0, 0]) for _ in range(FOLDS)]
    for page in pages:
        said = collections.defaultdict(lambda: [0.0, 0.0])
        chains = {}
        for at, element in enumerate(page.elements):
            if page.kept[at] < 0:
                continue
            if element not in chains:
                chains[element] = _chain(page, element)
            for token in chains[element]:
                said[token][1 - page.kept[at]] += page.weight[at] + 0.003
        for token, (text, other) in said.items():
            scale = min(1.0, 1.0 / (text + other))
            entry = counts[page.fold][token]
            entry[0] += text * scale
            entry[1] += other * scale
            entry[2] += 1
    return counts


def _chain(page, element):
    tokens = set()
    while True:
        tokens.update(page.tokens[element])
        if element == 0:
            return tokens
        element = page.parents[element]


def table(counts, without=None):
    """digest -> score in 32nds, from all folds but one."""
    totals = collections.defaultdict(lambda: [0.0, 0.0, 0])
    for fold, entries in enumerate(counts):
        if fold == without:
            continue
        for token, entry in entries.items():
            total = totals[token]
            for at in range(3):
                total[at] += entry[at]
    scores = {}
    for token, (text, other, pages) in totals.items():
        if pages >= PAGES_MIN:
            odds = np.log((text + SMOOTHING) / (other + SMOOTHING))
            scores[token] = int(np.clip(np.rint(32 * odds), -127, 127))
    return scores


def figures(page, scores):
    """As `src/tokens.rs` has them, for each block."""
    own, everything, out = [], [], []
    for element, tokens in enumerate(page.tokens):
        said = [scores[token] / 32 for token in tokens if token in scores]
        own.append(said)
        inherited = everything[page.parents[element]] if element else (0.0, 0.0, 0.0, 0)
        highest, lowest, total, number = inherited
        if said:
            highest = max(said) if not number else max(highest, max(said))
            lowest = min(said) if not number else min(lowest, min(said))
            total, number = total + sum(said), number + len(said)
        everything.append((highest, lowest, total, number))
    known = {}
    for element in page.elements:
        if element not in known:
            near, mean, at = list(own[element]), list(own[element]), element
            for level in range(1, MEAN_LEVELS):
                if at == 0:
                    break
                at = page.parents[at]
                mean += own[at]
                near += own[at] if level == 1 else []
            highest, lowest, total, number = everything[element]
            known[element] = (
                highest,
                lowest,
                total / np.sqrt(max(number, 1)),
                min(near, default=0.0),
                max(near, default=0.0),
                sum(mean) / max(len(mean), 1),
            )
        out.append(known[element])
    return np.array(out, np.float32).reshape(-1, 6)
