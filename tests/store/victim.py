"""Does one thing to a store and is killed on the way: ``victim.py PATH WHAT [WRITE inside|after]``.

It dies at the WRITE-th time that it writes: ``inside`` the transaction, all statements done, or ``after`` the commit, before anything else happens.
``0 after`` is death before the first. Prints the ledger numbers that were acknowledged before it began, and ``done`` at the end.
"""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.store import Store, ingest, staging
from workbench.store.door import Door
from workbench.types import Findings

sys.path.insert(0, str(Path(__file__).parent))
from store_builders import examples, numbered, run_of, stage

ROWS = 45
ingest.SLICE_ROWS = staging.SLICE_ROWS = 10
path, what, *point = sys.argv[1:]
writes = 0
write = Door.write


def perhaps_die(where: str) -> None:
    """Die where the arguments say."""
    if point == [str(writes), where]:
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def counted(door: Door):
    """As ``Door.write``, but deadly."""
    global writes  # noqa: PLW0603
    writes += 1
    with write(door) as connection:
        yield connection
        perhaps_die("inside")
    perhaps_die("after")


store = Store.open(path)
print(*(store.ledger.append("before", {}, dataset="data", author="victim").number for _ in range(2)), flush=True)  # noqa: T201
Door.write = counted
if what == "import":
    with stage(store) as importing:
        importing.add(examples(numbered(ROWS)))
        perhaps_die("after")
        importing.finish(read=ROWS)
elif what == "score":
    dataset = store.datasets.find("data")
    store.signals.add(run_of(dataset.dataset_id), np.arange(ROWS), Findings(signals=pa.table({"score": np.arange(ROWS) / ROWS})))
elif what == "remove":
    store.datasets.remove("data")
elif what == "pin":
    store.ledger.pin("data", list(range(ROWS)), "drop", author="victim")
print("done", flush=True)  # noqa: T201
