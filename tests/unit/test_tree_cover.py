#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Covers of random revocation sets against another implementation of the published algorithm (Naor, Naor, Lotspiech:
"Revocation and Tracing Schemes for Stateless Receivers", 2001, sections 3.1 and 3.2), written from the paper on
explicit Steiner trees, with no line in common with keys/tree: which subsets, how many, and who is in them.

    test_tree_cover.py COVER-PRINT
"""
import random
import subprocess
import sys


def steiner(height, leaves):
    """Children of each node of the tree that the leaves and the root span; nodes are (depth, path)."""
    children = {}
    for leaf in leaves:
        for depth in range(height, 0, -1):
            node, parent = (depth, leaf >> (height - depth)), (depth - 1, leaf >> (height - depth + 1))
            children.setdefault(parent, set()).add(node)
    return children


def subset_difference(height, leaves):
    """Section 3.2: cut leaf pairs off the Steiner tree until one leaf, the root, is left."""
    if not leaves:
        return {(0, 0, 0)}
    children, cover = steiner(height, leaves), set()
    ends = {(height, leaf): (height, leaf) for leaf in leaves}   # node → the excluded node below it

    def put(top, bottom):
        if top != bottom:
            cover.add((top[0], bottom[0], bottom[1] << (height - bottom[0])))

    for depth in range(height - 1, -1, -1):
        for parent in [node for node in children if node[0] == depth]:
            below = sorted(children[parent])
            if len(below) == 1:
                ends[parent] = ends[below[0]]
            else:
                for child in below:
                    put(child, ends[child])
                ends[parent] = parent
    put((0, 0), ends[(0, 0)])
    return cover


def complete_subtree(height, leaves):
    """Section 3.1: what hangs off the Steiner tree."""
    if not leaves:
        return {(0, 0, 0)}
    cover = set()
    for (depth, path), below in steiner(height, leaves).items():
        if len(below) == 1:
            child = 2 * path + 1 - (next(iter(below))[1] & 1)
            cover.add((depth + 1, 0, child << (height - depth - 1)))
    return cover


def contains(height, subset, leaf, complete):
    depth_i, depth_j, path = subset
    below_i = leaf >> (height - depth_i) == path >> (height - depth_i)
    if complete or depth_j == 0:
        return below_i
    return below_i and leaf >> (height - depth_j) != path >> (height - depth_j)


def revocations():
    source = random.Random(20011001)
    for height in range(1, 25):
        for _ in range(12):
            count = source.choice([0, 1, 2, 3, 10, 50, 400])
            among = source.choice([1 << height, min(1 << height, 1024)])
            start = source.randrange((1 << height) - among + 1)
            yield height, sorted({start + source.randrange(among) for _ in range(count)})
    for height in range(1, 4):
        for bits in range(1 << (1 << height)):
            yield height, [leaf for leaf in range(1 << height) if bits >> leaf & 1]


def judge(program, kind, reference, complete):
    sets, source, wrong = list(revocations()), random.Random(7), 0
    lines = "".join(" ".join(map(str, [height, *leaves])) + "\n" for height, leaves in sets)
    answer = subprocess.run([program, kind], input=lines, capture_output=True, text=True, check=True).stdout
    groups, group = [], set()
    for line in answer.splitlines():
        if line:
            group.add(tuple(map(int, line.split())))
        else:
            groups.append(group)
            group = set()
    wrong += len(groups) != len(sets)
    for (height, leaves), got in zip(sets, groups):
        wrong += got != reference(height, leaves)
        if not complete:
            wrong += len(got) > max(1, 2 * len(leaves) - 1)
        for leaf in [*leaves[:5], *(source.randrange(1 << height) for _ in range(5))]:
            times = sum(contains(height, s, leaf, complete) for s in got)
            wrong += times != (0 if leaf in set(leaves) else 1)
    print(f"{kind}: {len(sets)} revocation sets, {wrong} differences")
    return wrong


def main():
    wrong = judge(sys.argv[1], "difference", subset_difference, False)
    wrong += judge(sys.argv[1], "complete", complete_subtree, True)
    sys.exit(wrong != 0)


main()
