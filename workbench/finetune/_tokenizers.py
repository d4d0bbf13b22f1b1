"""Tokenizers: trained for a scratch model, or the pretrained model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from workbench.errors import RunError
from workbench.finetune._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

PAD, START, STOP = "<pad>", "<s>", "</s>"

_TRAINING_CHARACTERS = 20_000_000
"""How much text a tokenizer is trained on at most; merges of so small a vocabulary do not change with more."""
_TEXT_CHARACTERS = 20_000
"""How much of one text it is trained on, so that one file of 5 MB does not make the vocabulary."""
_CHUNK = 1000
"""Texts that are tokenised at once, to bound memory."""


def train_tokenizer(texts: Sequence[str], *, vocabulary: int, head: str) -> PreTrainedTokenizerBase:
    """Train a byte-level BPE tokenizer: any text in any script can be encoded, and no token is unknown.

    Chinese and Japanese characters are never merged with one another, so that an answer span can begin and end at any of them. The same texts give
    the same tokenizer.

    Args:
        texts: what it learns from.
        vocabulary: tokens, at most.
        head: decides the special tokens around an input.
    """
    tokenizer = Tokenizer(models.BPE())
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"[\p{Han}\p{Hiragana}\p{Katakana}]"), "isolated"), bytes_of])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, STOP],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_training_texts(texts), trainer)
    single, pair = {
        "sequence-classification": (f"{START} $A {STOP}", None),
        "span-qa": (f"{START} $A {STOP}", f"{START} $A {STOP} $B:1 {STOP}:1"),
        "seq2seq": (f"$A {STOP}", None),
        "causal": ("$A", None),
    }[head]
    special = [(token, tokenizer.token_to_id(token)) for token in (START, STOP)]
    template = processors.TemplateProcessing(single=single, pair=pair, special_tokens=special)
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=START,
        eos_token=STOP,
        cls_token=START,
        sep_token=STOP,
        clean_up_tokenization_spaces=False,
    )


def _training_texts(texts: Sequence[str]) -> Iterator[str]:
    total = sum(min(len(text), _TEXT_CHARACTERS) for text in texts)
    step = max(1, -(-total // _TRAINING_CHARACTERS))
    return (text[:_TEXT_CHARACTERS] for text in texts[::step])


def load_tokenizer(source: str | Path, *, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """A tokenizer from a folder or the hub, with a token to pad with.

    Raises:
        RunError: where there is none, or it is not a fast one.
    """
    try:
        with quiet():
            tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, ImportError) as error:
        raise RunError(
            f"no tokenizer could be loaded from {source}: {str(error).strip().splitlines()[0]}",
            expected="a hub id, a folder with a model, or scratch:<preset>",
            advice="Without a network, use scratch:<preset> or a folder on this machine.",
        ) from error
    if not tokenizer.is_fast:
        raise RunError(f"the tokenizer of {source} has no tokenizer.json.", expected="a fast tokenizer", advice="Choose another model.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def longest_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """Characters of the longest token: ``n`` tokens never hold more than ``n`` times as many."""
    return max(len(token) for token in tokenizer.get_vocab())


def cut(text: str, characters: int, *, keep: str = "start") -> str:
    """At most so many characters of a text, so that one of 5 MB costs no more than what a model sees of it.

    Args:
        text: the text.
        characters: how many.
        keep: ``start``, or ``ends`` for both ends.
    """
    if len(text) <= characters:
        return text
    if keep == "start":
        return text[:characters]
    half = characters // 2
    return text[:half] + text[len(text) - half :]


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str], *, special: bool, control: bool = False) -> list[list[int]]:
    """Tokens of texts, not truncated.

    Args:
        tokenizer: the tokenizer.
        texts: the texts.
        special: whether to add the tokens that stand around an input.
        control: whether control tokens written in a text (such as ``</s>``) count as such; only for text that a chat template made.
    """
    texts = list(texts)
    ids: list[list[int]] = []
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        ids += tokenizer(chunk, add_special_tokens=special, return_attention_mask=False, split_special_tokens=not control, verbose=False)["input_ids"]
    return ids


def token_lengths(tokenizer: PreTrainedTokenizerBase, texts: Iterable[str], *, special: bool = True) -> np.ndarray:
    """Tokens of each text, int64 [n]; of very long texts, of their beginning."""
    ids = token_ids(tokenizer, (cut(text, _TEXT_CHARACTERS) for text in texts), special=special)
    return np.fromiter((len(row) for row in ids), np.int64, len(ids))


def truncated_tokens(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], length: int) -> tuple[dict[str, list[list[int]]], list[bool]]:
    """Inputs of an encoder, each at least one token long.

    Returns:
        Columns by name (``input_ids``, and ``token_type_ids`` where the model reads them), and which texts were truncated.
    """
    names = [name for name in ("input_ids", "token_type_ids") if name == "input_ids" or name in tokenizer.model_input_names]
    columns: dict[str, list[list[int]]] = {name: [] for name in names}
    truncated: list[bool] = []
    characters = (length + 1) * longest_token(tokenizer)
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        encoded = tokenizer(
            [cut(text, characters) for text in chunk], truncation=True, max_length=length, return_attention_mask=False, split_special_tokens=True
        )
        for name in names:
            fallback = [tokenizer.pad_token_id] if name == "input_ids" else [0]
            columns[name] += [row or fallback for row in encoded[name]]
        truncated += [len(text) > characters or bool(encoding.overflowing) for text, encoding in zip(chunk, encoded.encodings, strict=True)]
    return columns, truncated
