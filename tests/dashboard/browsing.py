"""What people do on a page, as the browser tests say it."""

from __future__ import annotations

SETTLED = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]")
    && !document.querySelector("[data-testid=stSkeleton]")
    && new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))"""
"""The script has run, every kind of element has been loaded (a kind is a file of its own), and what a drawn element listens to is connected."""


def settle(page) -> None:
    """Wait until the page has caught up with the last click or key."""
    page.wait_for_function(SETTLED)


def counters(page) -> dict[str, int]:
    """The numbers at the top of the curation page."""
    settle(page)
    names = ("imported", "kept", "dropped", "under-review", "pinned", "not-yet-looked-at")
    return {name: int(page.locator(f".st-key-counter-{name} [data-testid=stMetricValue]").inner_text().replace(",", "")) for name in names}


def choose(page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def sign_in(page, name: str | None = None) -> None:
    """Say who decides."""
    page.get_by_role("button", name="Start deciding").wait_for()
    settle(page)
    if name is not None:
        page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start deciding").click()
    page.get_by_text("You decide as").wait_for()
    settle(page)


def press(page, key: str) -> None:
    """Press a key; before the page has caught up with the last one it would do nothing."""
    settle(page)
    page.keyboard.press(key)


def notice(page, text) -> None:
    """Wait until the page tells of a decision."""
    page.locator(".st-key-quiet-notice").get_by_text(text).wait_for()


def shows_no_error(page) -> bool:
    """Whether the page is free of exceptions and of messages about them."""
    return page.locator("[data-testid=stException], [data-testid=stAlert]").count() == 0
