"""Commits entries to the ledger: ``committer.py PATH AUTHOR COUNT``; prints the number of each acknowledged one."""

import sys
from pathlib import Path

from workbench.store import Store

path, author, count = sys.argv[1:]
store = Store.open(Path(path))
for step in range(int(count)):
    print(store.ledger.append("step", {"step": step}, dataset="data", author=author).number, flush=True)  # noqa: T201
