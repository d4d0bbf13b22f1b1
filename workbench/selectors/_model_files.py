"""Folders of models as transformers saves them: found, checked and fingerprinted before anything of them is loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.errors import RecipeError

_FILES: Final = ("*.json", "*.txt", "*.model", "*.safetensors")
_TOKENIZERS: Final = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True, kw_only=True)
class ModelKind:
    """What a model is for, in the words of errors.

    Attributes:
        name: such as ``"encoder"``.
        missing: what is wrong where none is given.
        parameter: how one is given.
        expected: what it has to be.
    """

    name: str
    missing: str
    parameter: str
    expected: str

    def unusable(self, source: str, why: str) -> RecipeError:
        """The error for a model that cannot be used."""
        return RecipeError(f"the {self.name} {source!r} cannot be used: {why}.", expected=self.expected)


def model_folder(source: str, kind: ModelKind) -> Path:
    """The folder of a model, from the hub where it is not on this machine.

    Raises:
        RecipeError: where there is none, or it lacks a config, a tokenizer, or weights as safetensors.
    """
    if not source:
        raise RecipeError(kind.missing, expected=kind.parameter)
    folder = Path(source)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

        try:
            folder = Path(snapshot_download(source, allow_patterns=list(_FILES)))
        except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise kind.unusable(source, f"there is no such folder, and the hub does not give it: {reason}") from error
    if not (folder / "config.json").is_file():
        raise kind.unusable(source, "it has no config.json")
    if not any(folder.glob("*.safetensors")):
        raise kind.unusable(source, "it has no weights as safetensors; pickled ones are not loaded")
    if not any(path.is_file() for pattern in _TOKENIZERS for path in folder.glob(pattern)):  # transformers would make up an empty one
        raise kind.unusable(source, f"it has no tokenizer: none of {', '.join(_TOKENIZERS)}")
    return folder


def fingerprint_of(folder: Path) -> str:
    """32 hexadecimal digits of all files that a model is read from."""
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted({path for pattern in _FILES for path in folder.rglob(pattern)}):
        with path.open("rb") as file:
            whole.update(path.relative_to(folder).as_posix().encode() + hashlib.file_digest(file, "blake2b").digest())
    return whole.hexdigest()


def load_quietly(folder: Path, loader: Any, kind: ModelKind) -> tuple[Any, Any, dict[str, Any]]:
    """The tokenizer, the model in float32, and what transformers tells of its weights (``missing_keys``); no code of the model's own is run.

    Args:
        folder: as ``model_folder`` gives it.
        loader: one of transformers' ``AutoModel`` classes.
        kind: what the model is for.

    Raises:
        RecipeError: where transformers cannot load it.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    bar = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model, told = loader.from_pretrained(folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError) as error:
        raise kind.unusable(str(folder), str(error).partition("\n")[0]) from error
    finally:
        if bar:
            transformers.utils.logging.enable_progress_bar()  # type: ignore[no-untyped-call]
    return tokenizer, model, told
