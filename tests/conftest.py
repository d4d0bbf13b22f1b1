"""What all tests share: where the data is, and an environment of their own."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent

settings.register_profile("workbench", deadline=None)  # times drift on shared machines, and the first call of a kernel compiles it
settings.load_profile("workbench")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; processes of tests would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _isolated_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the user's reaches a test, and nothing in a test reaches a hub."""
    for name in [name for name in os.environ if name.startswith("WORKBENCH_") and not name.startswith("WORKBENCH_REQUIRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public datasets beside the project; see CONTRIBUTING.md."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        message = "needs the public datasets in ../shared/data"
        if os.environ.get("WORKBENCH_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium of the system's own: one a process, for Playwright's loop can be started once."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "needs Chromium; install it with: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield browser
        browser.close()
