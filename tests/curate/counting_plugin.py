"""A plugin of one file: selectors that count, crash, take their time and notice a wish to stop."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.hookspecs import hookimpl
from workbench.selectors import Evidence, findings
from workbench.types import Direction, Scope, SelectorKind, Signal


@dataclass(frozen=True, kw_only=True)
class CountParams:
    """What it does beside counting.

    Attributes:
        bad: it raises for texts that hold one of these.
        deadly: its process ends at texts that hold one of these.
        seconds: how long it takes for a text.
        log: a file that gets a line for each text that was scored, with the number of the process.
    """

    bad: tuple[str, ...] = ()
    deadly: str = ""
    seconds: float = 0.0
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """Counts words."""

    params: CountParams = CountParams()
    name: str = "count"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.ROW
    reads: tuple[str, ...] = ("text",)
    signals: tuple[Signal, ...] = (
        Signal(name="words", dtype="float64", summary="Words less one.", direction=Direction.NONE, reasons={"one": "one word alone: {text}"}),
        Signal(name="many", dtype="bool", summary="More than two words."),
    )

    def score(self, examples, context):  # noqa: ARG002 - the protocol's
        """Count."""
        texts = examples.texts("text")
        evidence = Evidence()
        counts = []
        for position, text in enumerate(texts):
            if any(word in text for word in self.params.bad):
                raise ValueError(text)
            if self.params.deadly and self.params.deadly in text:
                os._exit(7)
            time.sleep(self.params.seconds)
            counts.append(len(text.split()) - 1.0)
            if not counts[-1]:
                evidence.add(position, "words", "one", {"text": text}, spans=[("text", 0, len(text))])
        if self.params.log:
            with Path(self.params.log).open("a", encoding="utf-8") as file:
                file.writelines(f"{os.getpid()} {text}\n" for text in texts)
        columns = {"words": [None if count < 0 else count for count in counts], "many": [count > 1 for count in counts]}
        return findings(self.signals, columns, evidence=evidence, notes=["counted by spaces"])


@dataclass(frozen=True, kw_only=True)
class NoParams:
    """None."""


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Measures texts, each once."""

    params: NoParams = NoParams()
    name: str = "lengths"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    reads: tuple[str, ...] = ("text",)
    signals: tuple[Signal, ...] = (Signal(name="length", dtype="int64", summary="Characters."),)

    def score(self, examples, context):
        """Measure."""
        import pyarrow as pa

        texts = examples.texts("text")
        lengths = context.remember("measured", examples.column("content_hash"), lambda places: pa.table({"n": [len(texts[at]) for at in places]}))
        return findings(self.signals, {"length": lengths["n"].combine_chunks()})


@dataclass(frozen=True, kw_only=True)
class Endless:
    """Works until it is asked to stop."""

    params: NoParams = NoParams()
    name: str = "endless"
    version: str = "1"
    kind: SelectorKind = SelectorKind.NOISE
    scope: Scope = Scope.DATASET
    reads: tuple[str, ...] = ("text",)
    signals: tuple[Signal, ...] = (Signal(name="never", dtype="bool", summary="Never there."),)

    def score(self, examples, context):  # noqa: ARG002 - the protocol's
        """Work in another thread, which an exception of the main thread does not reach."""
        from concurrent.futures import ThreadPoolExecutor

        def work():
            while not context.stopped():
                time.sleep(0.01)

        with ThreadPoolExecutor(1) as pool:
            pool.submit(work).result()


@hookimpl
def workbench_selectors():
    """Supply them."""
    return [Count(), Lengths(), Endless()]
