"""What the words of a page speak for: an article, or something else. A linear model over what the page calls itself."""
import collections

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

PAGES_MIN = 4
SCALE = 5.0
STRENGTH = 0.1


def table(pages, without=None):
    """digest -> score in 32nds, from all folds but one."""
    chosen = [page for page in pages if page.fold != without]
    counts = collections.Counter(word for page in chosen for word in page.words)
    known = {word: at for at, word in enumerate(sorted(word for word, pages in counts.items() if pages >= PAGES_MIN))}
    columns, ends = [], [0]
    for page in chosen:
        columns += [known[word] for word in page.words if word in known]
        ends.append(len(columns))
    sizes = np.maximum(np.diff(ends), 1)
    values = SCALE / np.sqrt(np.repeat(sizes, np.diff(ends)))
    matrix = sparse.csr_matrix((values, columns, ends), shape=(len(chosen), len(known)))
    article = np.array([page.source != "notarticle" for page in chosen])
    fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=400).fit(matrix, article)
    scores = np.clip(np.rint(32 * SCALE * fitted.coef_[0]), -127, 127).astype(int)
    return {word: int(scores[at]) for word, at in known.items() if scores[at]}


def say(page, scores):
    """As `src/verdict.rs` has it."""
    known = [scores[word] / 32 for word in page.words if word in scores]
    return sum(known) / np.sqrt(max(len(known), 1))
