"""Curation: selectors score, a policy decides, people override, and the rest is exported."""

from __future__ import annotations

from workbench.curate.agreement import BestThreshold, Overruled, best_thresholds, overruled
from workbench.curate.choosing import CHOICE
from workbench.curate.current import Current, current, deciding, newest_runs
from workbench.curate.eval_check import DUPLICATE, check_evaluation, limits
from workbench.curate.explain import Explanation, Finding, Other, Partner, SignalValue, explain, findings, render_reason
from workbench.curate.export import Exported, export
from workbench.curate.formats import FORMATS, FormatName, by_suffix, formats_for
from workbench.curate.judged import RemovedPairs, SampledPair, judge, removed_pairs
from workbench.curate.material import Material
from workbench.curate.outcome import Counts, RuleCount
from workbench.curate.planted import Flagged, Recall, measure
from workbench.curate.policies import (
    PolicyChange,
    check_floors,
    default_policy,
    diff_policies,
    format_rule,
    from_plain,
    parse_rule,
    policy_hash,
    replace_rules,
    to_plain,
)
from workbench.curate.scoring import ConfiguredSelector, ModelSource, model_uses, score
from workbench.curate.stored import find_dataset, find_policy, is_file, read_policy, signature, write_policy
from workbench.curate.told import built_on, told
from workbench.curate.verdicts import Decision, choice_reasons, decide, training_rows
from workbench.curate.whatif import ChangedRow, Preview, SliceChange, Tally, what_if

__all__ = [
    "CHOICE",
    "DUPLICATE",
    "FORMATS",
    "BestThreshold",
    "ChangedRow",
    "ConfiguredSelector",
    "Counts",
    "Current",
    "Decision",
    "Explanation",
    "Exported",
    "Finding",
    "Flagged",
    "FormatName",
    "Material",
    "ModelSource",
    "Other",
    "Overruled",
    "Partner",
    "PolicyChange",
    "Preview",
    "Recall",
    "RemovedPairs",
    "RuleCount",
    "SampledPair",
    "SignalValue",
    "SliceChange",
    "Tally",
    "best_thresholds",
    "built_on",
    "by_suffix",
    "check_evaluation",
    "check_floors",
    "choice_reasons",
    "current",
    "decide",
    "deciding",
    "default_policy",
    "diff_policies",
    "explain",
    "export",
    "find_dataset",
    "find_policy",
    "findings",
    "format_rule",
    "formats_for",
    "from_plain",
    "is_file",
    "judge",
    "limits",
    "measure",
    "model_uses",
    "newest_runs",
    "overruled",
    "parse_rule",
    "policy_hash",
    "read_policy",
    "removed_pairs",
    "render_reason",
    "replace_rules",
    "score",
    "signature",
    "to_plain",
    "told",
    "training_rows",
    "what_if",
    "write_policy",
]
