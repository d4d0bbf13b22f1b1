from __future__ import annotations

import os
import threading
import time

import pytest
from store_builders import examples, imported, numbered

from workbench.errors import StoreLockedError
from workbench.store import Store
from workbench.store.lock import StoreLock


def soon() -> float:
    return time.monotonic() + 0.1


@pytest.fixture
def lock(tmp_path):
    return StoreLock(tmp_path)


def other_thread(lock, *, exclusive: bool):
    """What another thread gets when it tries."""
    outcome = []

    def attempt():
        try:
            with lock.hold(exclusive=exclusive, deadline=soon()):
                outcome.append("entered")
        except StoreLockedError as error:
            outcome.append(str(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return outcome[0]


@pytest.mark.parametrize(("mine", "theirs", "enters"), [(False, False, True), (False, True, False), (True, False, False), (True, True, False)])
def test_threads_exclude_one_another_by_mode(lock, mine, theirs, enters):
    """Threads of one process share the lock for reading only."""
    with lock.hold(exclusive=mine, deadline=soon()):
        assert enters == (other_thread(lock, exclusive=theirs) == "entered")
    assert other_thread(lock, exclusive=True) == "entered"


def test_file_lock_excludes_without_the_gate(lock, tmp_path):
    """The lock on the file holds by itself, so that it holds between processes; the message names who has it."""
    (tmp_path / "elsewhere").symlink_to(tmp_path)  # another name has another gate, as another process has
    with lock.hold(exclusive=True, deadline=soon()):
        assert f"PID {os.getpid()}" in other_thread(StoreLock(tmp_path / "elsewhere"), exclusive=False)


def test_waiting_writer_goes_first(lock):
    """Readers that come after a waiting writer wait for it, however many there are."""
    order = []

    def enter(name, *, exclusive):
        with lock.hold(exclusive=exclusive, deadline=time.monotonic() + 5):
            order.append(name)

    with lock.hold(exclusive=False, deadline=soon()):
        writer = threading.Thread(target=enter, args=("writer",), kwargs={"exclusive": True})
        writer.start()
        time.sleep(0.1)
        readers = [threading.Thread(target=enter, args=("reader",), kwargs={"exclusive": False}) for _ in range(3)]
        for reader in readers:
            reader.start()
        time.sleep(0.1)
        assert order == []
    for thread in (writer, *readers):
        thread.join()
    assert ["writer", "reader", "reader", "reader"] == order


def test_entering_twice_is_an_error_and_not_a_deadlock(store):
    """A page of examples can be worked on with the store; an access inside an access is refused at once."""
    record = imported(store, examples(numbered(3)))
    for _page in store.datasets.batches(record.dataset_id, size=1):
        store.ledger.append("seen", {}, dataset="data", author="ann")
    assert store.ledger.number() == 3
    with store._door.read(), pytest.raises(RuntimeError, match="inside the store already"):
        store.ledger.number()
    assert store.ledger.number() == 3


def test_forked_child_finds_its_own_way(store):
    """A process forked while another thread is inside the store is not held up by what that thread held in the parent."""
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with store._door.read():
            inside.set()
            leave.wait()

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:  # the child: a reader beside a reader
        with StoreLock(store.files).hold(exclusive=False, deadline=time.monotonic() + 5):
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    leave.set()
    thread.join()
    assert os.waitstatus_to_exitcode(status) == 0
    assert store.ledger.number() == 0


def test_outside_program_is_waited_for_and_then_named(store, start):
    """A lock held by another program's DuckDB ends in an error with its process id, after as long as was asked for."""
    holder = start("holder.py", store.path)
    holder.stdout.readline()
    for attempt in (lambda: Store.open(store.path, wait=0.4), lambda: Store.create(store.path, wait=0.4)):
        since = time.monotonic()
        with pytest.raises(StoreLockedError, match=f"PID {holder.pid}"):
            attempt()
        assert time.monotonic() - since >= 0.4
    impatient = type(store)(type(store._door)(store.path, store.files, wait=0.2))
    with pytest.raises(StoreLockedError, match=f"PID {holder.pid}"):
        impatient.ledger.append("x", {}, dataset="data", author="ann")


def test_outside_program_that_lets_go_in_time(store, start):
    """When the other program lets go within the wait, nothing fails."""
    holder = start("holder.py", store.path)
    holder.stdout.readline()
    timer = threading.Timer(0.5, lambda: holder.communicate("\n"))
    timer.start()
    assert store.ledger.append("x", {}, dataset="data", author="ann").number == 1
    timer.join()


def test_results_do_not_hold_the_file(store, start):
    """What was read stays usable while another program opens the file for writing."""
    record = imported(store, examples(numbered(3)))
    held = store.datasets.examples(record.dataset_id), store.sql("FROM examples"), next(store.datasets.batches(record.dataset_id, size=1))
    holder = start("holder.py", store.path)
    assert holder.stdout.readline() == "held\n"
    assert [text for text, _label in numbered(3)] == held[0].values("text")
