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
    seed=7,
    deterministic=True,
    force_row_wise=True,
    num_threads=2,
)
LEAF = 0xFFFF


def train(rows, kept, weight, rounds, **changes):
    data = lightgbm.Dataset(rows, kept, weight=weight)
    return lightgbm.train({**PARAMETERS, **changes}, data, rounds)


def write(booster):
    """A bias and the trees, each as nodes in the order of a walk: whatever is not above the threshold comes next."""
    trees = booster.dump_model()["tree_info"]
    out = [struct.pack("<fI", 0.0, len(trees))]
    for tree in trees:
        nodes = []
        _walk(tree["tree_structure"], nodes)
        out.append(struct.pack("<I", len(nodes)))
        out += [struct.pack("<HHf", *node) for node in nodes]
    return b"".join(out)


def _walk(node, nodes):
    if "leaf_value" in node:
        nodes.append((LEAF, 0, node["leaf_value"]))
        return
    at = len(nodes)
    nodes.append(None)
    _walk(node["left_child"], nodes)
    above = len(nodes)
    _walk(node["right_child"], nodes)
    nodes[at] = (node["split_feature"], above, _not_above(node["threshold"]))


def _not_above(threshold):
    """The largest number of 32 bits that is not above it: comparing with it is comparing with the threshold."""
    small = np.float32(threshold)
    return float(small if small <= threshold else np.nextafter(small, np.float32(-np.inf)))
