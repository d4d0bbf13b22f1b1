"""What row selectors that look at one or more roles have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.selectors._columns import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable


@dataclass(frozen=True, kw_only=True)
class RolesParams:
    """Which roles are looked at.

    Attributes:
        roles: names of roles; where there are several, the worst of their values counts.
    """

    roles: tuple[str, ...] = ("text",)


@dataclass(frozen=True, kw_only=True)
class Worst:
    """The greatest value over some roles.

    Attributes:
        values: float64 [n], NaN where no role has one.
        roles: int64 [n], which of the roles it is from.
        texts: the roles' texts, in the order of the roles.
    """

    values: np.ndarray
    roles: np.ndarray
    texts: Sequence[pa.LargeStringArray]

    def array(self) -> pa.Array:
        """The values as a column, null for NaN."""
        import pyarrow as pa

        return pa.array(self.values, from_pandas=True)


def worst(examples: ExampleTable, roles: Sequence[str], measure: Callable[[pa.LargeStringArray], np.ndarray]) -> Worst:
    """Measure each role where it is there, and keep the greatest value.

    Args:
        examples: what to look at.
        roles: of any type.
        measure: texts to float64 values, NaN where it does not apply; a null text counts as not there.
    """
    import numpy as np

    texts = [text_of(examples, role) for role in roles]
    values = np.full((len(roles), len(examples)), -np.inf)
    for place, each in enumerate(texts):
        found = np.where(each.is_valid().to_numpy(zero_copy_only=False), measure(each), np.nan)
        values[place] = np.where(np.isnan(found), -np.inf, found)
    which = values.argmax(axis=0)
    greatest = values.max(axis=0)
    return Worst(values=np.where(np.isneginf(greatest), np.nan, greatest), roles=which, texts=texts)
