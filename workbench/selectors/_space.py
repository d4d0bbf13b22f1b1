"""Examples as points on the unit sphere: of a sentence encoder where one is given, else of their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workbench.selectors._columns import composed, joined_text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from workbench.types import ExampleTable, SelectorContext

_DIMENSIONS: Final = 64
MOST_PLACES: Final = 5_000
"""So many are placed one by one; what comes after them goes by its distance to these."""
LEAST_ROWS: Final = 3


@dataclass(frozen=True, kw_only=True)
class SpaceParams:
    """What is compared, and how.

    Attributes:
        roles: whose texts are compared.
        encoder: a sentence-transformers model, a folder or a hub id; empty compares by truncated SVD of TF-IDF.
        dimensions: of that.
    """

    roles: tuple[str, ...] = ("text",)
    encoder: str = ""
    dimensions: int = _DIMENSIONS


def space_fingerprint(params: SpaceParams) -> str:
    """That of the encoder's files, empty without one.

    Raises:
        RecipeError: where it cannot be used.
    """
    from workbench.selectors._encoder import encoder_folder
    from workbench.selectors._model_files import fingerprint_of

    return fingerprint_of(encoder_folder(params.encoder)) if params.encoder else ""


def points_of(examples: ExampleTable, params: SpaceParams, context: SelectorContext, *, others: ExampleTable | None = None) -> np.ndarray:
    """Where the examples are, and behind them where ``others`` are: float64 [n, d], rows of length 1.

    In the space of words, a text without a word that another has is the origin. It depends on all texts and, in their last digits, on their order.
    """
    import numpy as np
    import pyarrow as pa

    tables = [examples] if others is None else [examples, others]
    texts = [composed(joined_text(each, params.roles)) for each in tables]
    if not params.encoder:
        return _by_words(pa.concat_arrays(texts), params.dimensions, context.seed)
    from workbench.selectors._encoded import LazyEncoder, encoded
    from workbench.selectors._encoder import encoder_folder

    encoder = LazyEncoder(encoder_folder(params.encoder))
    name = f"vectors of {'+'.join(params.roles)}"
    return np.vstack([encoded(each, text, name, encoder, context) for each, text in zip(tables, texts, strict=True)]).astype(np.float64)


def _by_words(texts: pa.LargeStringArray, dimensions: int, seed: int) -> np.ndarray:
    import numpy as np
    from sklearn.utils.extmath import randomized_svd

    from workbench.selectors._features import features

    rows = features(texts, characters=True)
    width = min(dimensions, min(rows.shape) - 1)
    if width < 1:
        return np.zeros((len(texts), 1))
    left, singular, _ = randomized_svd(rows, n_components=width, n_iter=3, random_state=seed)
    points = left * singular
    scaled: np.ndarray = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    return scaled.astype(np.float64)


def distinct(examples: ExampleTable) -> tuple[np.ndarray, np.ndarray]:
    """The first example of each content, by content, so that no tie or sum depends on the order of rows; and each example's place among them."""
    import numpy as np

    _, firsts, content = np.unique(examples.column("content_hash").to_numpy(), return_index=True, return_inverse=True)
    return firsts, content


def as_places(ranked: np.ndarray) -> np.ndarray:
    """An order as places: 1 for the first, falling to 0; float64 [n]."""
    import numpy as np

    places = np.empty(len(ranked))
    places[ranked] = 1.0 - np.arange(len(ranked)) / len(ranked)
    return places
