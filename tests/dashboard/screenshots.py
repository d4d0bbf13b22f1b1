"""Takes the pictures of the dashboard under docs/images: every page, in light and dark.

    python tests/dashboard/screenshots.py [STORE]

Without a store it makes one of sentences that it generates, so that no picture shows a text of someone else's.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from e2e_support import write_topics

WORKBENCH = [sys.executable, "-c", "import sys; from workbench.cli import main; sys.exit(main())"]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
PAGES = {
    "curate": "?signal=label-noise.random-label",
    "record": "record",
    "duplicates": "duplicates",
    "judge": "duplicates",
    "policy": "policy",
    "export": "export",
    "datasets": "datasets",
    "bias": "bias",
    "history": "history",
    "runs": "runs",
    "compare": "compare",
    "plugins": "plugins",
    "status": "status",
}
"""Name of the picture to path of the page."""
DECIDED = ("curate", "record", "duplicates", "judge", "policy", "history")
"""Pages that are shown as they are to someone who has signed in."""
COLOURS = 200
"""Enough for widgets and text; a picture takes a third of the room."""


PLANTS = "plant: {label-flip: 0.1, near-duplicate: 0.1, garbled: 0.03, group-bias: 0.08}\n"


def make_store(folder: Path) -> Path:
    """A store with one finished experiment on generated sentences, with known defects planted in them."""
    recipe = write_topics(folder, rows=600)
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("[raw, curated]", "[raw, curated, random]") + PLANTS, encoding="utf-8")
    store = folder / "topics.duckdb"
    subprocess.run([*WORKBENCH, "--store", str(store), "run", str(recipe), "--to", str(folder)], check=True)
    return store


@contextlib.contextmanager
def served(store: Path):
    """The address of a dashboard on this store."""
    process = subprocess.Popen([*WORKBENCH, "--store", str(store), "--author", "ada", "dashboard", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.communicate()


def settle(page) -> None:
    """Wait until nothing on the page changes any more."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
    page.wait_for_timeout(700)


def take(address: str, pages: list[str], folder: Path) -> None:
    """Open each page at 1280 px in both schemes, and save what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=scheme)
            for name in pages:
                page.goto(f"{address}/{PAGES[name]}")
                page.locator("[data-testid=stMain] [data-testid=stElementContainer]").first.wait_for(state="attached", timeout=60_000)
                settle(page)
                sign_in = page.get_by_role("button", name="Start deciding")
                if name in DECIDED and sign_in.count():  # the browser keeps the name from then on
                    sign_in.click()
                    page.get_by_text("You decide as").wait_for()
                    settle(page)
                if name == "judge":
                    page.get_by_text("Judge a sample").click()
                    page.get_by_text("Leaves", exact=True).wait_for()
                    settle(page)
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
                picture.save(folder / f"dashboard-{name}-{scheme}.png", optimize=True)
        browser.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", nargs="?", type=Path)
    parser.add_argument("--to", type=Path, default=IMAGES)
    parser.add_argument("--pages", nargs="*", choices=PAGES, default=list(PAGES))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(given.store or make_store(Path(folder))) as address:
        take(address, given.pages, given.to)


if __name__ == "__main__":
    main()
