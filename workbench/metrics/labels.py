"""Classification metrics, equal to scikit-learn's with the label set fixed: accuracy, precision, recall, F1 and Matthews' correlation coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np

from workbench.errors import DataError
from workbench.metrics.columns import codes, prediction_column, reference_column
from workbench.metrics.sums import divide, ratio
from workbench.types import Direction, MetricKind, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from scipy.sparse import csr_array

    from workbench.types import ExampleTable

LabelScoreName = Literal["accuracy", "macro-f1", "weighted-f1", "macro-precision", "macro-recall", "weighted-precision", "weighted-recall", "mcc"]


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """A score of predicted labels against reference labels.

    The label set is that of the references: a label that a model makes up is a *stray*. It is an error like any other for its true class, makes no
    class of its own in the averages (as scikit-learn with ``labels=`` the set), and is counted by ``strays``. For ``mcc``, which has no averages, all
    strays together are one further class. A class that is never predicted has precision 0. Macro averages are over the classes that the examples at
    hand have: a 0 for each rare class that a bootstrap resample misses would pull the interval below the value.

    Statistics are the codes (true, predicted), positions in the sorted label set; a stray's code is the number of labels. They are expanded to sparse
    counts, so that 10,000 classes are no different from two.

    Attributes:
        name: which score; the average is part of the name.
        label: the role that holds the reference label.
    """

    name: LabelScoreName
    label: str = "label"

    version: ClassVar[str] = "2"
    kind: ClassVar[MetricKind] = MetricKind.ADDITIVE
    needs: ClassVar[tuple[Need, ...]] = (Need.LABEL,)
    direction: ClassVar[Direction] = Direction.HIGHER
    high: ClassVar[float] = 1.0
    percent: ClassVar[bool] = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The reference label."""
        return (self.label,)

    @property
    def low(self) -> float:
        """-1 for ``mcc``, 0 for all others."""
        return -1.0 if self.name == "mcc" else 0.0

    def signature(self) -> str:
        """Name and rules."""
        strays = "one further class" if self.name == "mcc" else "errors of their true class"
        return f"{self.name}|labels:of the references|strays:{strays}|averages:of classes that occur|zero-division:0|version:{self.version}"

    def prepare(self, references: ExampleTable) -> Mapping[str, object]:
        """``labels``: the sorted labels of the references."""
        labels = reference_column(references, self.label).unique().drop_null().to_pylist()
        return {"labels": sorted(labels)}

    def statistics(self, predictions: pa.Table, references: ExampleTable, state: Mapping[str, object]) -> np.ndarray:
        """Codes (true, predicted), float64 [n, 2]; NaN where either label is null."""
        labels = cast("Sequence[str]", state["labels"])
        true = codes(reference_column(references, self.label), labels)
        given = codes(prediction_column(predictions, Need.LABEL), labels)
        if (true == len(labels)).any():
            stranger = reference_column(references, self.label)[int(np.argmax(true == len(labels)))]
            raise DataError(f"The reference label '{stranger}' is not in the label set.", expected="the references that the state was prepared from")
        statistics = np.column_stack([true, given])
        statistics[np.isnan(statistics).any(axis=1)] = np.nan
        return statistics

    def expand(self, statistics: np.ndarray, state: Mapping[str, object]) -> np.ndarray | csr_array:
        """(correct, 1) for accuracy; else per class the counts true, predicted, both, and a last column for strays: [n, 3 K + 1]."""
        true, given = statistics.astype(np.int64).T
        correct = true == given
        if self.name == "accuracy":
            return np.column_stack([correct, np.ones(len(correct))]).astype(np.float64)
        from scipy.sparse import csr_array

        classes = len(cast("Sequence[str]", state["labels"]))
        rows = np.arange(len(true))
        # A stray's code is K: K + K would be the first "both" column, so it goes to the last one instead.
        columns = np.concatenate([true, np.where(given < classes, classes + given, 3 * classes), 2 * classes + true[correct]])
        places = np.concatenate([rows, rows, rows[correct]])
        return csr_array((np.ones(len(columns)), (places, columns)), shape=(len(true), 3 * classes + 1))

    def finish(self, sums: np.ndarray) -> np.ndarray:
        """Count sums [b, m] to scores [b]."""
        if self.name == "accuracy":
            return ratio(sums)
        classes = (sums.shape[1] - 1) // 3
        true, given, both, strays = np.split(sums, [classes, 2 * classes, 3 * classes], axis=1)
        if self.name == "mcc":
            return _matthews(true, np.hstack([given, strays]), both)
        average, score = self.name.split("-")
        per_class = divide(both, given) if score == "precision" else divide(both, true) if score == "recall" else divide(2 * both, true + given)
        weights = (true > 0).astype(np.float64) if average == "macro" else true
        return divide((per_class * weights).sum(axis=1), weights.sum(axis=1))

    def strays(self, statistics: np.ndarray, state: Mapping[str, object]) -> int:
        """How many predicted labels stand outside the label set."""
        return int(np.count_nonzero(statistics[:, 1] == len(cast("Sequence[str]", state["labels"]))))


def _matthews(true: np.ndarray, given: np.ndarray, both: np.ndarray) -> np.ndarray:
    """The correlation coefficient of several classes (Gorodkin 2004, equation 8), from marginal counts; 0 where either side is constant."""
    n = true.sum(axis=1)
    covariance = both.sum(axis=1) * n - (true * given[:, : true.shape[1]]).sum(axis=1)
    spread_true = n**2 - (true**2).sum(axis=1)
    spread_given = n**2 - (given**2).sum(axis=1)
    return divide(covariance, np.sqrt(spread_true * spread_given))
