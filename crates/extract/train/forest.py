"""Forests of trees by LightGBM, and their bytes as `src/model.rs` reads them."""
import struct

import lightgbm
import numpy as np

PARAMETERS = dict(
    objective="binary",
    learning_rate=0.08,
    num_leaves=15,
    min_data_in_leaf=60,
    feature_fraction=0.4,
    bagging_fraction=0.8,
    bagging_freq=1,
    lambda_l2=2.0,
    max_bin=127,
    use_missing=False,
    verbosity=-1,
    deterministic=True,
    force_row_wise=True,
    num_threads=2,
)
SEEDS = 7, 8, 9     # what a forest says hangs on which rows and columns its trees happen to see: several are averaged
LEAF = 0xFFFF


class Forest:
    """Boosters that differ by their seed, and say their mean."""

    def __init__(self, boosters):
        self.boosters = boosters

    def predict(self, rows):
        raw = sum(booster.predict(rows, raw_score=True) for booster in self.boosters) / len(self.boosters)
        return 1 / (1 + np.exp(-raw))


def train(rows, kept, weight, rounds, **changes):
    data = lightgbm.Dataset(rows, kept, weight=weight)
    return Forest([lightgbm.train({**PARAMETERS, **changes, "seed": seed}, data, rounds) for seed in SEEDS])


def write(forest):
    """A bias and the trees, each as nodes in the order of a walk: whatever is not above the threshold comes next."""
    trees = [tree for booster in forest.boosters for tree in booster.dump_model()["tree_info"]]
    out = [struct.pack("<fI", 0.0, len(trees))]
    for tree in trees:
        nodes = []
        _walk(tree["tree_structure"], nodes, len(forest.boosters))
        out.append(struct.pack("<I", len(nodes)))
        out += [struct.pack("<HHf", *node) for node in nodes]
    return b"".join(out)


def _walk(node, nodes, share):
    if "leaf_value" in node:
        nodes.append((LEAF, 0, node["leaf_value"] / share))
        return
    at = len(nodes)
    nodes.append(None)
    _walk(node["left_child"], nodes, share)
    above = len(nodes)
    _walk(node["right_child"], nodes, share)
    nodes[at] = (node["split_feature"], above, _not_above(node["threshold"]))


def _not_above(threshold):
    """The largest number of 32 bits that is not above it: comparing with it is comparing with the threshold."""
    small = np.float32(threshold)
    return float(small if small <= threshold else np.nextafter(small, np.float32(-np.inf)))
