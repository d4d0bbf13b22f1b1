"""Runs the installed command line as users do, in processes of its own."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from pathlib import Path

WORKBENCH = str(Path(sys.executable).parent / "workbench")
TOPICS = {
    "weather": ["rain", "cloud", "storm", "wind", "sun", "snow", "frost", "thunder", "mist", "breeze"],
    "kitchen": ["bread", "butter", "oven", "spoon", "sugar", "flour", "kettle", "pepper", "onion", "plate"],
    "harbour": ["ship", "anchor", "sail", "rope", "pier", "captain", "tide", "gull", "crane", "cargo"],
}
FILLER = ["the", "a", "some", "every", "near", "under", "old", "new", "small", "large", "before", "after", "with", "while", "slowly", "often"]


class Cli:
    """The command line, working in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "140"}

    def __call__(self, *arguments: str, check: int | None = 0, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; ``check`` is the exit code that it must have."""
        done = subprocess.run(
            [WORKBENCH, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check is not None:
            assert done.returncode == check, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command whose progress lines are read while it runs."""
        return subprocess.Popen(
            [WORKBENCH, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def write_topics(folder: Path, *, rows: int = 240, seed: int = 0) -> Path:
    """A small classification dataset that a tiny model can learn, with copies and wrong labels in train; returns the recipe."""
    generator = random.Random(seed)

    def sentence(label: str) -> str:
        words = [generator.choice(TOPICS[label]) for _ in range(4)] + [generator.choice(FILLER) for _ in range(5)]
        generator.shuffle(words)
        return " ".join(words)

    labels = list(TOPICS)
    train = [(sentence(label), label) for label in generator.choices(labels, k=rows)]
    train += generator.sample(train, rows // 10)
    train += [(sentence(label), labels[labels.index(label) - 1]) for label in generator.choices(labels, k=rows // 10)]
    test = [(sentence(label), label) for label in generator.choices(labels, k=60)]
    for name, data in (("train.csv", train), ("test.csv", test)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "label"), *data])
    recipe = folder / "topics.yaml"
    recipe.write_text(
        "task: classification\n"
        "data: {train: train.csv, eval: test.csv, validation: {share: 0.1}}\n"
        "finetune: {epochs: 2, checkpoint_seconds: 0}\n"
        "compare: {arms: [raw, curated], seeds: [0, 1], resamples: 200}\n",
        encoding="utf-8",
    )
    return recipe
