"""Which blocks of a page are its text: those that make the F1 of 4-grams against the reference largest."""
import collections

from score import grams, tokens


def align(texts, reference):
    """For each block: is it text, and how much F1 is lost where that is got wrong. And the F1 of the best choice."""
    return _Choice([tokens(text) for text in texts], tokens(reference)).best()


def _grams(words):
    return [tuple(words[at:at + 4]) for at in range(len(words) - 3)]


class _Choice:
    def __init__(self, blocks, reference):
        self.blocks = blocks
        self.reference = grams(reference)
        self.reference_total = sum(self.reference.values())
        self.kept = [len(words) >= 4 and 2 * sum(g in self.reference for g in _grams(words)) >= len(words) - 3 for words in blocks]
        chosen = [word for keep, words in zip(self.kept, blocks) if keep for word in words]
        self.counts = collections.Counter(_grams(chosen))
        self.total = sum(self.counts.values())
        self.shared = sum(min(n, self.reference.get(gram, 0)) for gram, n in self.counts.items())

    def f1(self, shared, total):
        return 2 * shared / (total + self.reference_total) if shared else 0.0

    def around(self, at):
        """The three kept words on either side of a block: its grams reach over its borders."""
        before, after = [], []
        index = at - 1
        while index >= 0 and len(before) < 3:
            if self.kept[index]:
                before = self.blocks[index][-(3 - len(before)):] + before
            index -= 1
        index = at + 1
        while index < len(self.blocks) and len(after) < 3:
            if self.kept[index]:
                after += self.blocks[index][:3 - len(after)]
            index += 1
        return before, after

    def flip(self, at):
        """How the counts change where the other choice is made for a block."""
        before, after = self.around(at)
        change = collections.Counter(_grams(before + self.blocks[at] + after))
        change.subtract(collections.Counter(_grams(before + after)))
        return {gram: -n if self.kept[at] else n for gram, n in change.items() if n}

    def after(self, change):
        shared, total = self.shared, self.total
        for gram, n in change.items():
            old, limit = self.counts.get(gram, 0), self.reference.get(gram, 0)
            shared += min(old + n, limit) - min(old, limit)
            total += n
        return shared, total

    def best(self):
        for _ in range(3):
            changed = False
            for at, words in enumerate(self.blocks):
                if not words:
                    continue
                change = self.flip(at)
                shared, total = self.after(change)
                if self.f1(shared, total) > self.f1(self.shared, self.total) + 1e-9:
                    for gram, n in change.items():
                        self.counts[gram] += n
                    self.shared, self.total = shared, total
                    self.kept[at] = not self.kept[at]
                    changed = True
            if not changed:
                break
        now = self.f1(self.shared, self.total)
        weights = [max(now - self.f1(*self.after(self.flip(at))), 0.0) if words else 0.0 for at, words in enumerate(self.blocks)]
        return self.kept, weights, now
