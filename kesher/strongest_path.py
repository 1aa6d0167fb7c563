"""The best way from one record to another inside a customer."""

from __future__ import annotations

from collections.abc import Sequence


def strongest_path(links: Sequence[tuple[int, int, float]], start: int, end: int) -> list[int]:
    """Return the way from `start` to `end` whose weakest link is the strongest; empty if none.

    Args:
        links: The two ends and the weight of each link, the heaviest first.
        start: A record.
        end: Another one.
    """
    # Links are added from the heaviest on until both ends hang together: what was added forms
    # trees, and in those there is one way only.
    trees: dict[int, int] = {}
    neighbours: dict[int, list[int]] = {}

    def root(node: int) -> int:
        while trees.get(node, node) != node:
            trees[node] = trees.get(trees[node], trees[node])
            node = trees[node]
        return node

    for left, right, _ in links:
        if root(left) != root(right):
            trees[root(left)] = root(right)
            neighbours.setdefault(left, []).append(right)
            neighbours.setdefault(right, []).append(left)
        if root(start) == root(end):
            break
    came_from: dict[int, int] = {start: start}
    waiting = [start]
    while waiting and end not in came_from:
        node = waiting.pop()
        for neighbour in neighbours.get(node, []):
            if neighbour not in came_from:
                came_from[neighbour] = node
                waiting.append(neighbour)
    if end not in came_from or start == end:
        return []
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
