from __future__ import annotations

import numpy as np
import pytest

from workbench.dashboard.bias_page import sample


@pytest.mark.parametrize(("rows", "most", "expected"), [(0, 3, 0), (3, 3, 3), (1000, 3, 3)])
def test_a_large_dataset_is_looked_at_by_a_sample(rows, most, expected):
    """All rows where they are few; else as many as may be, each once, in order, and the same ones again."""
    every = np.arange(rows) * 2
    drawn = sample(every, most)

    assert expected == len(drawn)
    assert drawn.tolist() == sorted(set(drawn.tolist()) & set(every.tolist()))
    assert drawn.tolist() == sample(every, most).tolist()
