"""Paired statistics: whether one set of models did better than another on the same examples, or was lucky."""

from __future__ import annotations

from workbench.compare.arms import Arm, compare_arms
from workbench.compare.claims import Claim, Finding, claim
from workbench.compare.joining import EvaluationSet, join
from workbench.compare.resampling import Bootstrap, approximate_randomisation, mcnemar_exact, paired_bootstrap, resample
from workbench.compare.result import Comparison, Outcome, adjust, comparison_table, holm, margin_in_units, verdict
from workbench.compare.seeds import Estimate, over_seeds

__all__ = [
    "Arm",
    "Bootstrap",
    "Claim",
    "Comparison",
    "Estimate",
    "EvaluationSet",
    "Finding",
    "Outcome",
    "adjust",
    "approximate_randomisation",
    "claim",
    "compare_arms",
    "comparison_table",
    "holm",
    "join",
    "margin_in_units",
    "mcnemar_exact",
    "over_seeds",
    "paired_bootstrap",
    "resample",
    "verdict",
]
