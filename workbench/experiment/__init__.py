"""Experiments: recipes, arms, runs, resume, and what they are held against."""

from __future__ import annotations

from workbench.experiment.estimate import Estimate, dry_run
from workbench.experiment.evaluating import evaluate_file
from workbench.experiment.importing import import_file
from workbench.experiment.judge import compare_named
from workbench.experiment.models import Predicted, find_experiment, find_model, model_folder, predict_file
from workbench.experiment.recipe import Located, Recipe, read_recipe, recipe_from_text
from workbench.experiment.resolve import Plan, resolve
from workbench.experiment.runner import Curated, Outcome, curate, run
from workbench.experiment.stored import score_stored
from workbench.experiment.weights import weighted_by

__all__ = [
    "Curated",
    "Estimate",
    "Located",
    "Outcome",
    "Plan",
    "Predicted",
    "Recipe",
    "compare_named",
    "curate",
    "dry_run",
    "evaluate_file",
    "find_experiment",
    "find_model",
    "import_file",
    "model_folder",
    "predict_file",
    "read_recipe",
    "recipe_from_text",
    "resolve",
    "run",
    "score_stored",
    "weighted_by",
]
