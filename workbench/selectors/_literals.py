"""Which of many short strings stand in texts: all of them in one pass over the bytes (Aho and Corasick 1975)."""

from __future__ import annotations

import functools
from collections import deque

import numpy as np

from workbench.selectors._jit import kernel

MOST: int = 64
"""Groups of strings that one automaton can tell apart."""


@functools.cache
def automaton(groups: tuple[tuple[str, ...], ...]) -> tuple[np.ndarray, np.ndarray]:
    """Build the automaton of some groups of strings.

    Args:
        groups: strings without regard to the case of ASCII letters; at most ``MOST`` groups.

    Returns:
        ``moves`` int32 [states * 256], where each byte leads to (times 256); ``ends`` uint64 [states], a bit for each group of which a string ends
        there.
    """
    children: list[dict[int, int]] = [{}]
    ends = [0]
    for bit, strings in enumerate(groups):
        for string in strings:
            state = 0
            for byte in string.encode().lower():
                if byte not in children[state]:
                    children[state][byte] = len(children)
                    children.append({})
                    ends.append(0)
                state = children[state][byte]
            ends[state] |= 1 << bit
    moves = np.zeros((len(children), 256), dtype=np.int32)
    back = [0] * len(children)
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        moves[state] = moves[back[state]] if state else 0
        ends[state] |= ends[back[state]]
        for byte, child in children[state].items():
            back[child] = int(moves[back[state], byte]) if state else 0
            moves[state, byte] = child
            waiting.append(child)
    moves[:, 65:91] = moves[:, 97:123]
    return np.ascontiguousarray(moves.ravel() * 256), np.array(ends, dtype=np.uint64)


@kernel
def groups_in(data: np.ndarray, offsets: np.ndarray, moves: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Of which groups a string stands in each text: uint64 [n], a bit per group."""
    n = len(offsets) - 1
    found = np.zeros(n, dtype=np.uint64)
    for text in range(n):
        state = np.int32(0)
        held = np.uint64(0)
        for at in range(offsets[text], offsets[text + 1]):
            state = moves[state + data[at]]
            held |= ends[state >> 8]
        found[text] = held
    return found
