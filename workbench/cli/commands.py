"""The table of commands.

To add one, write a module ``workbench/cli/<name>.py`` with an ``app = command_app()`` (of ``workbench.cli.lazy``) that holds one command, or several
and a callback, and add its line here. The module is imported when its command is called; it imports heavy rooms inside its functions.

A command takes ``ctx: typer.Context``, finds its ``Session`` in ``ctx.obj``, prints through ``session.output``, and raises ``WorkbenchError`` for all
that a user can mend. The global options work before and after its name without a word of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "demo": "Show the whole loop on the documentation of this Python: plant defects, find them, and see what that was worth.",
    "run": "Curate, fine-tune every arm with every seed, evaluate, compare and report.",
    "curate": "Import, score and decide: the curation half of a recipe, without training.",
    "evaluate": "Score a file of predictions; needs no model.",
    "compare": "Compare each with the first, on the same evaluation examples.",
    "report": "Write the report of an experiment.",
    "dashboard": "Open the dashboard.",
    "explain": "Tell why an example has its verdict, and where it took part.",
    "duplicates": "Judge a sample of removed pairs, and see how often removal is right.",
    "pin": "Override the verdict on examples: keep, drop, none, or survivor.",
    "policy": "List, show, compare, apply and export policies.",
    "undo": "Take back your own last step.",
    "redo": "Do again what you undid last.",
    "log": "List what people decided, newest first.",
    "data": "List, show, import, export, remove and compact datasets; forget an example.",
    "model": "List, export and remove the models that runs left.",
    "predict": "Predict the examples of a file with a run's model.",
    "sql": "Query the store, read-only.",
    "plugins": "List the plugins, or show what one supplies.",
}
"""The name of each command, in the order of ``--help``, with the first line of its own help."""
