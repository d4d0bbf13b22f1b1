"""Recipes: what an experiment is, as a person writes it in YAML.

A recipe is validated as a whole before any work starts. Every complaint names file and line, what stands there, and the nearest thing that would be
right.
"""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench.data.files import find_files
from workbench.errors import DataError, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

_VARIABLE = re.compile(r"\$\{(\w+)\}")
Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what numpy takes


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ValidationShare(_Section):
    """Validation cut from train before curation."""

    share: Share


class EvalSplit(_Section):
    """Evaluation cut from train where there is no file of it."""

    eval: Share
    by: str | None = None
    seed: int = 0


class SampleData(_Section):
    """The task's own sample instead of files."""

    size: Annotated[int, Field(gt=0)]
    seed: Seed = 0


class Data(_Section):
    """Where the examples come from."""

    train: str | None = None
    validation: ValidationShare | str | None = None
    eval: str | None = None
    split: EvalSplit | None = None
    sample: SampleData | None = None
    fields: dict[str, str | int] = {}
    key: str | None = None
    limit: Annotated[int, Field(gt=0)] | None = None
    format: Literal["jsonl", "json", "csv", "tsv", "parquet", "datasets"] | None = None
    max_rejected: Annotated[float, Field(ge=0, le=1)] = 0.1
    license: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        if (self.train is None) == (self.sample is None):
            raise ValueError("give `train`, or `sample` for the task's own")
        if self.train is not None and (self.eval is None) == (self.split is None):
            raise ValueError("give `eval`, or `split` to cut it from train")
        return self


class FineTune(_Section):
    """How each arm is fine-tuned; further keys are the adapter's own options.

    ``weights`` is a signal, ``<selector>.<signal>``, that says how often each example of a curated arm counts.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    adapter: str | None = None
    model: str | None = None
    epochs: Annotated[float, Field(gt=0)] | None = None
    trust_remote_code: bool = False
    weights: str | None = None


class TraceRun(_Section):
    """The one training run on raw train that selectors learn from: the model and the options are those of ``finetune``."""

    epochs: Annotated[float, Field(gt=0)] | None = None
    seed: int = 0


class ScorerModel(_Section):
    """The model that selectors score with, as it is: a folder or a hub id."""

    model: str


class Compare(_Section):
    """Which arms are compared, and how.

    ``random`` is what the arm of that name has as many of as the curated one.
    """

    arms: tuple[str, ...] = ("raw", "curated", "random")
    seeds: tuple[Seed, ...] = (0, 1, 2)
    metrics: tuple[str, ...] | None = None
    margin: Annotated[float, Field(gt=0)] = 0.01
    random: Literal["rows", "tokens"] = "rows"
    budget: Literal["steps", "epochs"] = "steps"
    resamples: Annotated[int, Field(ge=100)] = 2000


class Recipe(_Section):
    """An experiment, as it was written."""

    name: str
    task: str
    data: Data
    plant: dict[str, float] = {}
    select: dict[str, dict[str, Any]] | None = None
    policy: dict[str, Any] | str | None = None
    trace: TraceRun = TraceRun()
    scorer: ScorerModel | None = None
    finetune: FineTune = FineTune()
    compare: Compare = Compare()


class Located:
    """Plain YAML values with the line that each key stands on."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._lines: dict[tuple[str | int, ...], int] = {}
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            values = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{file}:{mark.line + 1}" if mark else file
            raise RecipeError(f"{place}: this is not YAML: {getattr(error, 'problem', error)}.") from None
        if not isinstance(values, dict):
            raise RecipeError(f"{file}: the recipe holds {type(values).__name__}.", expected="keys such as task and data")
        self.values = cast("dict[str, object]", values)
        self._walk(node, ())

    def _walk(self, node: yaml.Node | None, path: tuple[str | int, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*path, str(key.value))
                if here in self._lines:
                    given = f"{self.file}:{key.start_mark.line + 1}: the key {'.'.join(map(str, here))!r} stands on line {self._lines[here]} already."
                    raise RecipeError(given, expected="each key once")
                self._lines[here] = key.start_mark.line + 1
                self._walk(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._lines[(*path, index)] = value.start_mark.line + 1
                self._walk(value, (*path, index))

    def place(self, *path: str | int) -> str:
        """``file:line`` of a key, or of the nearest key above it that was written."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return f"{self.file}:{line}"
        return self.file


def read_recipe(path: Path) -> tuple[Recipe, Located, str]:
    """Read a recipe and check its form, and that its data is there; names of components are checked when it is resolved.

    Returns:
        The recipe, where its keys stand, and the text as written.

    Raises:
        RecipeError: with file and line, for anything that is not as it should be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"the recipe {path} cannot be read: {error.strerror}.", expected="a YAML file") from None
    except UnicodeDecodeError:
        raise RecipeError(f"the recipe {path} is not UTF-8.", expected="a YAML file") from None
    located = Located(text, str(path))
    recipe = parse_recipe(located, default_name=path.stem)
    _see_that_files_are_there(recipe.data, located, path.parent)
    return recipe, located, text


def recipe_from_text(text: str, origin: str) -> tuple[Recipe, Located]:
    """Check the form of a recipe that no file holds; ``origin`` stands where messages name the file."""
    located = Located(text, origin)
    return parse_recipe(located, default_name="recipe"), located


def parse_recipe(located: Located, *, default_name: str) -> Recipe:
    """Check the form of a recipe's values."""
    values = {"name": default_name, **located.values}
    for section in ("data", "select"):
        if isinstance(values.get(section), dict):
            values[section] = _expand(values[section], (section,), located)
    try:
        return Recipe.model_validate(_tuples(values))
    except ValidationError as error:
        raise _complaint(error.errors()[0], located) from None


def _expand(value: object, path: tuple[str | int, ...], located: Located) -> object:
    """Replace ``${VAR}`` in the texts of a section."""
    if isinstance(value, dict):
        return {key: _expand(inner, (*path, str(key)), located) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, (*path, index), located) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in os.environ:
            raise RecipeError(
                f"{located.place(*path)}: the environment has no variable {name}, which {path[-1]!r} names.",
                advice=f"Set it first: export {name}=FOLDER",
            )
    return _VARIABLE.sub(lambda match: os.environ[match[1]], value)


def _see_that_files_are_there(data: Data, located: Located, base: Path) -> None:
    for key, location in (("train", data.train), ("validation", data.validation), ("eval", data.eval)):
        if isinstance(location, str):
            try:
                find_files(location, base, data.format)
            except DataError as error:
                raise RecipeError(f"{located.place('data', key)}: {error.given}", expected=error.expected, advice=error.advice) from None


def _tuples(value: object) -> object:
    """YAML's lists as tuples, which is what strict validation of immutable fields wants."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(inner) for inner in value)
    return value


def _complaint(error: ErrorDetails, located: Located) -> RecipeError:
    """One message for the first thing that is wrong."""
    path = tuple(part for part in error["loc"] if not (isinstance(part, str) and part in {"ValidationShare", "str", "int", "dict[str,any]"}))
    place = located.place(*path)
    key = ".".join(str(part) for part in path)
    if error["type"] == "extra_forbidden":
        section = _section(path[:-1])
        nearest = difflib.get_close_matches(str(path[-1]), list(section.model_fields), n=1, cutoff=0.5)
        return RecipeError(
            f"{place}: there is no key {key!r}.",
            expected="one of: " + ", ".join(section.model_fields),
            advice=f"Did you mean {nearest[0]!r}?" if nearest else "",
        )
    if error["type"] == "missing":
        return RecipeError(f"{place}: the key {key!r} is missing.")
    message = error["msg"].removeprefix("Value error, ")
    return RecipeError(f"{place}: {key or 'the recipe'} cannot be {_short(error['input'])}.", expected=message[0].lower() + message[1:])


def _section(path: tuple[int | str, ...]) -> type[BaseModel]:
    """The part of a recipe whose keys stand below this path."""
    sections: dict[tuple[int | str, ...], type[BaseModel]] = {
        ("data",): Data,
        ("data", "validation"): ValidationShare,
        ("data", "split"): EvalSplit,
        ("data", "sample"): SampleData,
        ("trace",): TraceRun,
        ("scorer",): ScorerModel,
        ("finetune",): FineTune,
        ("compare",): Compare,
    }
    return sections.get(path, Recipe)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
