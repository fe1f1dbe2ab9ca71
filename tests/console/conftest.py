"""A real server and a real Chromium."""

import os
import shutil
import socket
import threading
import time

import pytest
import uvicorn

from api import demo
from api.app import create_app
from screening.policy import load_policy
from screening.review import Role
from screening.screener import default_screener
from screening.store import Store

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PASSWORD = "a long pass phrase"


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed: .ci/run installs it")
        pytest.skip("needs chromium: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screened():
    """The sample archive with what was found in it."""
    screener = default_screener()
    conversations = list(demo.archive())
    return screener, list(zip(conversations, screener.screen_many(conversations), strict=True))


@pytest.fixture
def store(tmp_path, screened):
    opened = Store.open(f"sqlite:///{tmp_path / 'record.db'}")
    opened.save_many(screened[1])
    opened.people.add_person("確認 花子", PASSWORD, [Role.REVIEWER])
    yield opened
    opened.close()


@pytest.fixture
def server(store, screened):
    app = create_app(store, screened[0], load_policy(), secret=b"0123456789abcdef-test")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    for _ in range(200):
        if running.started:
            break
        time.sleep(0.05)
    assert running.started
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def page(chromium, server):
    """A signed-in page at 1280 px that fails the test on an error or a request to elsewhere."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, locale="ja-JP", base_url=server
    )
    opened = context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request",
        lambda r: None if r.url.startswith((server, "data:")) else problems.append(r.url),
    )
    # htmx reports a request that a newer answer replaced as an error; that is how it should be.
    opened.on(
        "console",
        lambda m: (
            problems.append(m.text)
            if m.type == "error" and not m.text.startswith("htmx:") and "409" not in m.text
            else None
        ),
    )
    opened.goto("/login")
    opened.get_by_label("名前").fill("確認 花子")
    opened.get_by_label("パスワード").fill(PASSWORD)
    opened.get_by_role("button", name="サインイン").click()
    opened.wait_for_url(server + "/")
    yield opened
    context.close()
    assert problems == []
