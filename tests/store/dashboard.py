"""Threads that read and write at once, as a dashboard's do: ``dashboard.py PATH``; ends when a line comes in, prints its acknowledged entries."""

import sys
import threading
import time
from pathlib import Path

from workbench.store import Store

store = Store.open(Path(sys.argv[1]))
stop = threading.Event()
acknowledged: list[int] = []
failures: list[BaseException] = []


def work(kind: str) -> None:
    """Look or pin until told to stop."""
    try:
        while not stop.is_set():
            if kind == "pin":
                acknowledged.append(store.ledger.pin("data", [0], "keep", author="dashboard").number)
                time.sleep(0.2)
            else:
                store.sql("SELECT count(*) FROM examples JOIN ledger_pins USING (example_id)")
                store.ledger.pins(1)
                time.sleep(0.1)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to hear of it
        failures.append(error)


threads = [threading.Thread(target=work, args=(kind,)) for kind in ("pin", "pin", "look", "look")]
for thread in threads:
    thread.start()
sys.stdin.readline()
stop.set()
for thread in threads:
    thread.join()
if failures:
    raise failures[0]
print(*acknowledged, flush=True)  # noqa: T201
