"""The public datasets as tables of examples, for the scripts beside this file (see CONTRIBUTING.md for where they come from)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.data import DataSource, load
from workbench.host import PluginHost
from workbench.types import ExampleTable, SelectorContext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = PluginHost.load(strict=True)


@dataclass(frozen=True, kw_only=True)
class PublicSet:
    """A file of a dataset.

    Attributes:
        task: that reads it.
        path: in the folder of datasets.
        clean: whether noise and bias rules should leave nearly all of it alone.
        fields: see ``DataSource``.
    """

    task: str
    path: str
    clean: bool = True
    fields: Mapping[str, str | int] = field(default_factory=dict)


SETS = {
    "SQuAD dev": PublicSet(task="qa", path="squad/dev-v1.1.json"),
    "CMRC2018 dev": PublicSet(task="qa", path="cmrc2018/dev.json"),
    "XQuAD zh": PublicSet(task="qa", path="xquad/zh.json"),
    "GSM8K train": PublicSet(task="generation", path="gsm8k/train.jsonl"),
    "DialogSum dev": PublicSet(task="summarization", path="dialogsum/dev.jsonl"),
    "Banking77 train": PublicSet(task="classification", path="banking77/train.csv"),
    "AG News test": PublicSet(task="classification", path="ag_news/test.csv", clean=False, fields={"label": 0, "text": 2}),
    "Alpaca": PublicSet(task="generation", path="alpaca/alpaca-5000.json", clean=False),
    "Alpaca zh": PublicSet(task="generation", path="zh/alpaca_zh_demo.json", clean=False),
    "Debian": PublicSet(task="summarization", path="debian/packages-12k.jsonl", clean=False, fields={"document": "long", "summary": "short"}),
}


def task_of(name):
    """The task that reads a dataset."""
    return HOST.task(SETS[name].task).value


def selectors_of(task):
    """The task's default selectors."""
    return [HOST.selector(name, task.name).value for name in task.selectors]


def context_of(task):
    """What its selectors may use."""
    return SelectorContext(roles={role.name: role for role in task.roles}, target=task.target, threads=2)


def read(folder: Path, name: str) -> pa.Table:
    """A dataset with its columns ``source`` and ``line``, and one per role."""
    wanted = SETS[name]
    return load(task_of(name), DataSource(train=str(folder / wanted.path), fields=wanted.fields, max_rejected=0.5)).tables["train"]


def examples_of(task, table) -> ExampleTable:
    """A table as selectors take it."""
    roles = tuple(role.name for role in task.roles)
    numbered = table.select(["content_hash", "split", "source", "meta", *roles])
    numbered = numbered.add_column(0, "example_id", numbered["content_hash"]).add_column(0, "row", pa.array(range(table.num_rows), pa.int64()))
    return ExampleTable(numbered, roles)
