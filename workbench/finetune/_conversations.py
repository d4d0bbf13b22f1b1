"""Conversations as prompt and response tokens, one code path for training, scoring and generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.finetune._tokenizers import cut, longest_token, token_ids
from workbench.finetune._writing import Targets, encode_targets, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from transformers import PreTrainedTokenizerBase

    from workbench.finetune._artifact import Codec

    Messages = Sequence[Mapping[str, Any]]


def split(messages: Messages) -> tuple[Messages, str | None]:
    """The messages of the prompt, and the response, or None where the last message is not the assistant's."""
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], str(messages[-1]["content"])
    return messages, None


def plain_prompt(messages: Messages) -> str:
    """The prompt of a model that has no chat template: each message under a heading, and the heading of the answer."""
    return "".join(f"### {message['role']}:\n{message['content']}\n\n" for message in messages) + "### assistant:\n"


def prompt_text(tokenizer: PreTrainedTokenizerBase, messages: Messages) -> str:
    """The prompt as this model expects it."""
    if tokenizer.chat_template is None:
        return plain_prompt(messages)
    return str(tokenizer.apply_chat_template([dict(message) for message in messages], tokenize=False, add_generation_prompt=True))


def prompt_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Tokens of prompts, without the stop token that some tokenizers put after every text.

    Control tokens written in a text count as such only where a chat template made it, since its own cannot be told from a user's.
    """
    templated = tokenizer.chat_template is not None
    rows = token_ids(tokenizer, texts, special=not templated, control=templated)
    return [ids[:-1] if not templated and ids and ids[-1] == tokenizer.eos_token_id else ids for ids in rows]


def ending_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What follows on a response: what the chat template writes at the end of a turn, and the stop token last of all."""
    stop = int(str(tokenizer.eos_token_id))
    if tokenizer.chat_template is None:
        return [stop]
    probe = "probe"
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": probe}]
    _, _, end = str(tokenizer.apply_chat_template(turns, tokenize=False)).rpartition(probe)
    ids = token_ids(tokenizer, [end], special=False, control=True)[0]
    return ids[: ids.index(stop) + 1] if stop in ids else [*ids, stop]


def encode_conversations(codec: Codec, conversations: Sequence[Messages], room: int, length: int) -> tuple[list[list[int]], Targets, list[bool]]:
    """Tokens of prompts and responses.

    Args:
        codec: the codec.
        conversations: messages, the response last.
        room: tokens of a prompt, at most; what is too much is cut out of its middle.
        length: tokens of a response, at most.

    Returns:
        Prompts, responses, and which prompts were truncated.
    """
    tokenizer = codec.tokenizer
    pairs = [split(messages) for messages in conversations]
    texts = [prompt_text(tokenizer, asked) for asked, _ in pairs]
    characters = 2 * (room + 1) * longest_token(tokenizer)
    prompts = prompt_ids(tokenizer, [cut(text, characters, keep="ends") for text in texts])
    truncated = [len(text) > characters or len(ids) > room for text, ids in zip(texts, prompts, strict=True)]
    targets = encode_targets(codec, [response for _, response in pairs], length, ending=ending_ids(tokenizer))
    return [shorten(ids, room) or [codec.pad] for ids in prompts], targets, truncated
