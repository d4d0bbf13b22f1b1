"""A process that scores batches for another one: ``python -m workbench.curate.worker FD``, started by ``workers`` alone.

It loads plugins as any process of the workbench does and finds its selector among them; nothing is unpickled. What it is sent and sends are JSON and
Arrow. It ends with the connection, in the middle of a batch too, so it is never left behind, however its parent ends.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.types import ExampleTable, Role, RoleType, SelectorContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from workbench.types import Selector

NOTES = b"notes"


def to_bytes(table: pa.Table, metadata: Mapping[bytes, bytes] | None = None) -> bytes:
    """A table as an Arrow stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    table = table.replace_schema_metadata(metadata)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return cast("bytes", sink.getvalue().to_pybytes())


def from_bytes(stream: bytes) -> pa.Table:
    """The inverse of ``to_bytes``."""
    import pyarrow as pa

    return pa.ipc.open_stream(stream).read_all()


def with_params(selector: Selector, params: Mapping[str, object]) -> Selector:
    """A plugin's selector with parameters that went through JSON, where tuples became lists."""
    own = cast("Any", selector.params)
    values = {
        field.name: tuple(cast("list[object]", params[field.name])) if isinstance(getattr(own, field.name), tuple) else params[field.name]
        for field in dataclasses.fields(own)
    }
    return cast("Selector", dataclasses.replace(cast("Any", selector), params=dataclasses.replace(own, **values)))


def _receive(connection: Connection, batches: queue.SimpleQueue[bytes]) -> None:
    try:
        while True:
            batches.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)  # the parent is gone or wants no more; a batch under way is of no use to anybody


def _prepare(hello: Mapping[str, Any]) -> tuple[Selector, SelectorContext]:
    import pyarrow as pa

    from workbench.host import PluginHost

    pa.set_cpu_count(1)
    host = PluginHost.load(plugins_dir=Path(hello["plugins_dir"]) if hello["plugins_dir"] else None)
    selector = with_params(host.selector(hello["selector"]).value, hello["params"])
    if selector.version != hello["version"]:
        raise ValueError(f"it is version {selector.version} here")
    roles = {each["name"]: Role(name=each["name"], type=RoleType(each["type"]), required=each["required"]) for each in hello["roles"]}
    return selector, SelectorContext(seed=hello["seed"], roles=roles, target=hello["target"])


def main(descriptor: int) -> None:
    """Serve until the connection ends."""
    from workbench.curate.batches import score_batch

    connection = Connection(descriptor)
    hello = json.loads(connection.recv_bytes())
    batches: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, batches), daemon=True).start()
    try:
        selector, context = _prepare(hello)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent then does the work itself, and says so
        connection.send_bytes(json.dumps({"failed": repr(error)}).encode())
        return
    connection.send_bytes(b"{}")
    while True:
        examples = ExampleTable(from_bytes(batches.get()), tuple(selector.reads))
        records, notes = score_batch(selector, examples, context)
        connection.send_bytes(to_bytes(records, {NOTES: json.dumps(notes).encode()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
