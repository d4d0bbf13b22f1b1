"""Curation: selectors score, a policy decides, people override, and the rest is exported."""

from __future__ import annotations

from workbench.curate.current import Current, current
from workbench.curate.explain import Explanation, Finding, Partner, SignalValue, explain, findings, render_reason
from workbench.curate.export import Exported, export
from workbench.curate.planted import Flagged, Recall, measure
from workbench.curate.policies import default_policy, format_rule, from_plain, parse_rule, policy_hash, replace_rules, to_plain
from workbench.curate.scoring import ConfiguredSelector, score
from workbench.curate.verdicts import Counts, Decision, RuleCount, decide, training_rows

__all__ = [
    "ConfiguredSelector",
    "Counts",
    "Current",
    "Decision",
    "Explanation",
    "Exported",
    "Finding",
    "Flagged",
    "Partner",
    "Recall",
    "RuleCount",
    "SignalValue",
    "current",
    "decide",
    "default_policy",
    "explain",
    "export",
    "findings",
    "format_rule",
    "from_plain",
    "measure",
    "parse_rule",
    "policy_hash",
    "render_reason",
    "replace_rules",
    "score",
    "to_plain",
    "training_rows",
]
