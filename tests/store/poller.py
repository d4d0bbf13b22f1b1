"""Reads the store over and over: ``poller.py PATH``; ends when a line comes in, and prints how often it read."""

import sys
import threading
import time
from pathlib import Path

from workbench.store import Store

store = Store.open(Path(sys.argv[1]))
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
reads, newest = 0, 0
while not stop.is_set():
    seen = [entry.number for entry in store.ledger.log(limit=10_000)]
    assert seen == list(range(len(seen), 0, -1)), "an entry is missing"
    assert len(seen) >= newest, "an entry is gone"
    newest = len(seen)
    reads += 1
    time.sleep(0.1)
print(reads, flush=True)  # noqa: T201
