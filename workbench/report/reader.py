"""What a report section of a plugin may read of one experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import UnknownNameError

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.store import ExperimentRecord, Store
    from workbench.types import ExampleTable


class StoreReader:
    """Implements ``ExperimentReader`` on a store."""

    def __init__(self, store: Store, experiment: ExperimentRecord) -> None:
        self._store = store
        self._experiment = experiment

    @property
    def name(self) -> str:
        """How people call the experiment."""
        return self._experiment.name

    @property
    def task(self) -> str:
        """The task's component id."""
        return self._experiment.task

    def scores(self) -> pa.Table:
        """One row per run and metric: ``arm``, ``seed``, ``metric``, ``value``, ``n``, ``not_scored`` and more."""
        return self._store.results.scores(experiment_id=self._experiment.experiment_id)

    def comparisons(self) -> pa.Table:
        """One row per metric and pair of arms; see the store's table of the same name."""
        return self._store.results.comparisons(self._experiment.experiment_id)

    def predictions(self, arm: str, seed: int) -> pa.Table:
        """The prediction table of one run, with ``row``.

        Raises:
            UnknownNameError: where the experiment has no such run.
        """
        runs = self._store.experiments.runs(self._experiment.experiment_id)
        for run in runs:
            if (run.arm, run.seed) == (arm, seed):
                return self._store.results.predictions(run.run_id)
        raise UnknownNameError("run", f"{arm}/{seed}", [f"{run.arm}/{run.seed}" for run in runs])

    def eval_examples(self) -> ExampleTable:
        """The evaluation examples that all runs were judged on."""
        return self._store.datasets.examples(self._experiment.dataset_id, split="eval")
