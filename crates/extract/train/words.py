"""What the words of a page speak for: an article, or something else. Linear models, one over what the page calls itself and
one over the words in its short blocks."""
import collections

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

PAGES_MIN = dict(words=4, short_words=8)
WORDS_MAX = dict(words=None, short_words=2000)   # those that say most
SCALE = 5.0
STRENGTH = 0.1


def table(pages, kind, without=None):
    """digest -> score in 32nds, from all folds but one."""
    chosen = [page for page in pages if page.fold != without]
    said = [getattr(page, kind) for page in chosen]
    counts = collections.Counter(word for words in said for word in words)
    known = {word: at for at, word in enumerate(sorted(word for word, pages in counts.items() if pages >= PAGES_MIN[kind]))}
    columns, ends = [], [0]
    for words in said:
        columns += [known[word] for word in words if word in known]
        ends.append(len(columns))
    sizes = np.maximum(np.diff(ends), 1)
    values = SCALE / np.sqrt(np.repeat(sizes, np.diff(ends)))
    matrix = sparse.csr_matrix((values, columns, ends), shape=(len(chosen), len(known)))
    article = np.array([page.source != "notarticle" for page in chosen])
    fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=400).fit(matrix, article)
    weights = fitted.coef_[0]
    if WORDS_MAX[kind]:
        weights[np.argsort(-np.abs(weights), kind="stable")[WORDS_MAX[kind]:]] = 0
    scores = np.clip(np.rint(32 * SCALE * weights), -127, 127).astype(int)
    return {word: int(scores[at]) for word, at in known.items() if scores[at]}


def say(page, kind, scores):
    """As `src/verdict.rs` has it."""
    known = [scores[word] / 32 for word in getattr(page, kind) if word in scores]
    return sum(known) / np.sqrt(max(len(known), 1))
