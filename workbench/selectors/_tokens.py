"""How long examples are, by a counter that needs no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.selectors._columns import composed, text_of
from workbench.selectors._profile import profile_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from workbench.types import ExampleTable


def token_counts(examples: ExampleTable, roles: Sequence[str] | None = None) -> np.ndarray:
    """Count words (characters in scripts without spaces) over some roles, or all.

    The same for every model, so that what was chosen by it does not change with the tokenizer. A model's own tokens are more: the wordpieces of a
    small English encoder were 1.5 times as many in GSM8K and 1.1 times in Chinese instructions, with correlations by row of 0.96 and 0.99.

    Returns:
        int64 [n].
    """
    import numpy as np

    counts = np.zeros(len(examples), dtype=np.int64)
    for role in examples.roles if roles is None else roles:
        counts += profile_of(composed(text_of(examples, role))).words
    return counts
