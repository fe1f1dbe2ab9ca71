"""How much the console asks of somebody who decides ten flags and has never seen it: text, keys, time.

    python -m tests.benchmarks.ten_flags [--flags 10] [--speed 8] [--width 1366] [--height 768]

Starts ``screening demo`` in a folder that is thrown away and drives it in a browser: opens the first row,
shows the conversation's words, answers what stands there unanswered, drafts and signs, flag after flag; every
fifth is called a mistake.
Whoever reads is taken to read every visible line of the panel that stood there in no earlier step, once,
each reason that is signed, and the conversation from where it was left off to the flag's last evidence.
Prints by flag the characters read in the panel and in the conversation, the keys, and seconds by the
keystroke-level model (Card, Moran & Newell 1980, "The keystroke-level model for user performance time with
interactive systems"): 0.5 s for a key that is no part of a word, 1.35 s before each of them that takes a
choice, and the reading at ``--speed`` characters a second, which is an assumption. A model of a person and
no person: it cannot stumble, and reads what people skip. The answers suit the first flags of the demo;
further down some are barred by the policy. Needs Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from api.demo import NAME, PASSWORD

KEY, CHOICE = 0.5, 1.35
#: The answers that most flags of the demo deserve, with the draft; and what is pressed for a mistake.
JUDGED, MISTAKE = ("3", "w", "a", "c"), ("z", "c")
MISTAKE_EVERY = 5
#: Lines of text that can be seen without scrolling the page or a part of it.
_LINES = """() => {
  const lines = [], walk = document.createTreeWalker(document.getElementById("panel"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const said = walk.currentNode.textContent.trim(), box = document.createRange();
    box.selectNodeContents(walk.currentNode);
    const { top, bottom, width } = box.getBoundingClientRect();
    const frame = walk.currentNode.parentElement.closest(".asked, .sheet, .finding")?.getBoundingClientRect();
    if (frame && (bottom <= frame.top || top >= frame.bottom)) continue;
    const folded = walk.currentNode.parentElement.closest("details:not([open])");
    if (folded && !walk.currentNode.parentElement.closest("summary")) continue;
    if (said && width && bottom > 0 && top < innerHeight && walk.currentNode.parentElement.checkVisibility()) lines.push(said);
  }
  return lines;
}"""
_ANSWERED = """(key) => document.querySelector(`#decision fieldset[hx-get] input[data-key="${key}"]`)
  ?.closest("fieldset").querySelector(":checked") != null"""
_TURNS = "() => [...document.querySelectorAll('.bubble p')].map((p) => p.innerText)"
_LAST = """() => Math.max(-1, ...[...document.querySelectorAll('.bubble')].map((b, i) =>
  b.matches('.evidence, [data-evidence]') ? i : -1))"""


@contextlib.contextmanager
def demo() -> Iterator[str]:
    """The address of a demo of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        start = "import sys; from screening.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", start, "demo", "--port", str(port)]
        running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            for _ in range(240):
                with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/login"):
                    break
                if running.poll() is not None:
                    raise SystemExit("the demo did not start; try 'screening demo' by itself")
                time.sleep(0.5)
            else:
                raise SystemExit("the demo did not answer within two minutes")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait()


def _plain(said: str) -> str:
    return re.sub(r"\s+", "", said)


class Reader:
    """Counts what is new to somebody who has read everything so far."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.read: set[str] = set()
        self.turns: dict[str, int] = {}

    def panel(self) -> int:
        lines = {_plain(line) for line in self.page.evaluate(_LINES)}
        new = lines - self.read
        self.read |= new
        return sum(map(len, new))

    def conversation(self) -> int:
        key = self.page.url.split("?")[0]
        turns, last = self.page.evaluate(_TURNS), self.page.evaluate(_LAST)
        begin, end = self.turns.get(key, 0), last + 1 or len(turns)
        self.turns[key] = max(begin, end)
        return sum(len(_plain(turn)) for turn in turns[begin:end])


def decide(reader: Reader, number: int) -> tuple[int, int, int, int]:
    """Characters read in the panel and in the conversation, keys, and choices among them."""
    page = reader.page
    panel, keys, choices = reader.panel(), 0, 0
    if page.locator("button.veil").count():
        page.keyboard.press("v")
        page.wait_for_selector("button.veil", state="detached")
        page.wait_for_selector("#decision")
        keys, choices = 1, 1
        panel += reader.panel()
    said = reader.conversation()
    for key in MISTAKE if number % MISTAKE_EVERY == 0 else JUDGED:
        if page.evaluate(_ANSWERED, key):
            continue
        page.keyboard.press(key)
        page.wait_for_timeout(400)
        panel += reader.panel()
        keys, choices = keys + 1, choices + (key != "c")
    page.wait_for_function("document.querySelector('#reason').value.length > 5")
    panel += len(_plain(page.input_value("#reason")))
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_selector("#decision")
    return panel, said, keys + 2, choices + 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ten_flags")
    parser.add_argument("--flags", type=int, default=10)
    parser.add_argument("--speed", type=float, default=8, help="characters read in a second")
    parser.add_argument("--width", type=int, default=1366)
    parser.add_argument("--height", type=int, default=768)
    arguments = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise SystemExit("no chromium on this machine; install the package 'chromium'")
    with demo() as address, sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(
            viewport={"width": arguments.width, "height": arguments.height}, base_url=address
        )
        page.goto("/login")
        page.fill("input[name=name]", NAME)
        page.fill("input[type=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-row]")
        reader = Reader(page)
        # Of the list its head and the row that Enter opens.
        first = len(_plain(page.locator("[data-row]").first.inner_text()))
        shown = page.locator("main :is(h1, .notice, .hint)").all_inner_texts()
        head = sum(len(_plain(said)) for said in shown)
        page.keyboard.press("Enter")
        page.wait_for_selector("#decision")
        rows = [(first + head, 0, 1, 1)]
        rows += [decide(reader, number) for number in range(1, arguments.flags + 1)]
        opened.close()
    print("| flag | panel | conversation | keys | choices | seconds |\n|---|---|---|---|---|---|")
    spent = []
    for number, (panel, said, keys, choices) in enumerate(rows):
        spent.append((panel + said) / arguments.speed + keys * KEY + choices * CHOICE)
        name = number or "list"
        print(f"| {name} | {panel} | {said} | {keys} | {choices} | {spent[-1]:.0f} |")
    panel, said, keys, choices = (sum(column) for column in zip(*rows, strict=True))
    print(f"| all | {panel} | {said} | {keys} | {choices} | {sum(spent):.0f} |")
    print(f"\n{arguments.flags} flags in {sum(spent) / 60:.1f} minutes at {arguments.speed:g} characters a second")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
