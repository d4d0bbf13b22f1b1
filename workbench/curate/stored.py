"""Datasets and policies as people name them: ``banking@3``, a file of rules, or whatever there is only one of."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from workbench.curate.policies import from_plain, to_plain
from workbench.errors import DataError, RecipeError, UnknownNameError

if TYPE_CHECKING:
    from workbench.store import DatasetRecord, PolicyRecord, Store
    from workbench.types import Policy

_SUFFIXES = {".yaml", ".yml"}


def signature(given: str = "") -> str:
    """Who signs a decision: the name given, else ``WORKBENCH_AUTHOR``, else the login."""
    named = given or os.environ.get("WORKBENCH_AUTHOR", "")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no entry in the password database
        return "unknown"


def find_dataset(store: Store, name: str | None = None) -> DatasetRecord:
    """The newest version of a dataset; without a name, of the only one that there is.

    Raises:
        UnknownNameError: there is none of this name.
        DataError: there are several, or none at all.
    """
    records = store.datasets.list()
    names = list(dict.fromkeys(record.name for record in records))
    if name is None and len(names) != 1:
        raise DataError(
            f"The store holds {'several datasets: ' + ', '.join(names) if names else 'no dataset'}.",
            expected="the name of one" if names else "an import first",
        )
    for record in records:
        if record.name == (name or names[0]):
            return record
    raise UnknownNameError("dataset", name or "", names)


def find_policy(store: Store, dataset: str, reference: str | None = None) -> PolicyRecord:
    """A stored policy of a dataset: ``name@version``, ``name`` for the version applied last, nothing for the policy in force.

    Raises:
        UnknownNameError: there is none like that.
    """
    name, _at, version = (reference or "").partition("@")
    found = store.ledger.policy(dataset, name, int(version) if version.isdecimal() else None) if reference else store.ledger.in_force(dataset)
    if found is None or (version and not version.isdecimal()):
        known = [f"{record.name}@{record.version}" for record in store.ledger.policies(dataset)]
        raise UnknownNameError("stored policy", reference or "(the one in force)", known)
    return found


def is_file(reference: str) -> bool:
    """Whether a policy is named by a file."""
    return Path(reference).suffix in _SUFFIXES


def read_policy(path: Path) -> Policy:
    """Read a file of rules, as ``write_policy`` wrote it or as stands under ``policy:`` in a recipe.

    Raises:
        RecipeError: the file cannot be read as that.
        DataError: there is no such file.
    """
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", expected="a file of rules") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is no YAML: {error}", expected="rules as they stand under policy: in a recipe") from error
    if not isinstance(plain, dict):
        raise RecipeError(f"{path} holds no rules.", expected='lines such as near-duplicates.jaccard: {drop: ">= 0.8"}')
    try:
        return from_plain({str(key): value for key, value in plain.items()})
    except RecipeError as error:
        raise RecipeError(f"{path}: {error.given}", expected=error.expected, advice=error.advice) from None


def write_policy(policy: Policy, *, heading: str = "") -> str:
    """A policy as YAML, which a recipe takes under ``policy:`` and ``read_policy`` reads back as the same policy."""
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    return comment + yaml.safe_dump(to_plain(policy), sort_keys=False, allow_unicode=True)
