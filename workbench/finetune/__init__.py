"""Fine-tune adapters on transformers, one per head; a plugin configures one with its roles.

    SequenceClassification(text=("title", "text"), label="label")
    SpanQuestionAnswering(question="question", context="context", answers="answers")
    SequenceToSequence(source="document", target="summary", instruction="summarize: ")
    CausalGeneration(prompt=("instruction", "input"), response="response")

Models are hub ids, folders, or ``scratch:<preset>``. Importing this package is cheap: torch and transformers are imported when something is trained.
"""

from __future__ import annotations

import os

from workbench.finetune._environment import environment
from workbench.finetune._presets import PRESETS
from workbench.finetune.causal import CausalGeneration
from workbench.finetune.classification import SequenceClassification
from workbench.finetune.seq2seq import SequenceToSequence
from workbench.finetune.span_qa import SpanQuestionAnswering

# Threads of torch that wait for one another spin by default: beside any other work on the machine that made training ten times slower, and without
# any it gained nothing. It is read once, when torch is loaded, so it has to stand here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = ["PRESETS", "CausalGeneration", "SequenceClassification", "SequenceToSequence", "SpanQuestionAnswering", "environment"]
