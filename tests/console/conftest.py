"""A real server and a real Chromium."""

import re
import shutil
import socket
import threading
import time

import pytest
import uvicorn
from fastapi.testclient import TestClient

from api import demo
from api.app import create_app
from api.console.settings import Settings
from screening.policy import load_policy
from screening.records import Conversation, Kind, Priority, ScreeningResult, Turn
from screening.screener import default_screener
from screening.store import Store

from ..needs import missing
from .seed import PASSWORD, populate
from .talk import POLICY, SAID, SMALL, found, opened

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        missing("chromium")
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


def _made(folder, screened, *, busy):
    path = folder / "record.db"
    opened = Store.open(f"sqlite:///{path}")
    populate(opened, screened[1], busy=busy)
    opened.close()
    return path


@pytest.fixture(scope="session")
def quiet_record(tmp_path_factory, screened):
    """A record in which nobody has decided anything, made once."""
    return _made(tmp_path_factory.mktemp("quiet"), screened, busy=False)


@pytest.fixture(scope="session")
def busy_record(tmp_path_factory, screened):
    """A record with some weeks of work in it, made once."""
    return _made(tmp_path_factory.mktemp("busy"), screened, busy=True)


def _copy(path, tmp_path):
    copied = tmp_path / "record.db"
    shutil.copy(path, copied)
    return Store.open(f"sqlite:///{copied}")


@pytest.fixture
def store(request, tmp_path):
    """The quiet record, or with ``@pytest.mark.parametrize("store", ["busy"], indirect=True)`` the other."""
    name = getattr(request, "param", "quiet")
    opened = _copy(request.getfixturevalue(f"{name}_record"), tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def server(store, screened):
    app = create_app(
        store,
        screened[0],
        load_policy(),
        secret=b"0123456789abcdef-test",
        settings=Settings(
            desk="相談窓口 内線2210", recording_url="https://rec.example/{id}?t={seconds}"
        ),
    )
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


class Visit:
    """A browser window whose errors and requests to elsewhere fail the test."""

    def __init__(self, chromium, server, **context):
        self._context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "locale": "ja-JP", "base_url": server}
            | context
        )
        self.page = self._context.new_page()
        self.problems = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "request",
            lambda r: None if r.url.startswith((server, "data:")) else self.problems.append(r.url),
        )
        # htmx reports a request that a newer answer replaced as an error; that is how it should be.
        # A refusal that a test provokes is one as well.
        self.page.on(
            "console",
            lambda m: (
                self.problems.append(m.text)
                if m.type == "error"
                and not m.text.startswith("htmx:")
                and not any(
                    status in m.text
                    for status in ("403", "404", "409", "422", "ERR_CONNECTION_RESET")
                )
                else None
            ),
        )

    def sign_in(self, name):
        """By keyboard: the name field gets the focus, which is after the page has loaded."""
        self.page.goto("/login")
        self.page.wait_for_selector("#name:focus")
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("header nav")
        return self.page

    def close(self):
        self._context.close()
        assert self.problems == []


@pytest.fixture
def visit(chromium, server):
    """Opens a browser window for somebody; closing checks that nothing went wrong in it."""
    opened = []

    def open_(name, **context):
        opened.append(Visit(chromium, server, **context))
        return opened[-1].sign_in(name)

    yield open_
    for window in opened:
        window.close()


@pytest.fixture
def page(visit):
    """A reviewer's page at 1280 px."""
    return visit("確認 花子")


@pytest.fixture
def client(store, screened):
    """The service without a browser."""
    app = create_app(store, screened[0], load_policy(), secret=b"0123456789abcdef-test")
    with TestClient(app, headers={"accept": "text/html"}) as opened:
        yield opened


@pytest.fixture
def signed_in(client):
    """Signs somebody in and returns their CSRF token."""

    def sign_in(name):
        client.cookies.clear()
        answer = client.post("/login", data={"name": name, "password": PASSWORD})
        return re.search(r'name="csrf" value="([0-9a-f]+)"', answer.text)[1]

    return sign_in


@pytest.fixture
def made(store):
    """A conversation of its own: a threat, two like demands, and one that only the whole shows."""

    def make(*flags, number=1, customer="k-flow"):
        conversation = Conversation(
            f"flow-{number}",
            Kind.CALL,
            tuple(Turn(text, who) for who, text in SAID),
            customer_id=customer,
            occurred_at=f"2026-11-0{number}T09:00:00+09:00",
        )
        chosen = flags or (
            found("threat", 1, "家は知ってるぞ", priority=Priority.URGENT),
            found("persistence", None, "", priority=Priority.NORMAL, evidence=(3, 4)),
            found("persistence", 4, "いつになったら", priority=Priority.NORMAL),
            found("persistence", 4, "終わるんだ", priority=Priority.NORMAL),
        )
        result = ScreeningResult(conversation.id, True, POLICY.version, "m", {}, chosen)
        key = store.save(conversation, result).key
        return store.case(key).flags

    return make


@pytest.fixture
def flag(store):
    """The first flag of the queue."""
    return store.flags(limit=1).items[0]


@pytest.fixture
def case(page, flag):
    """A reviewer's page at the first flag, on a small laptop."""
    page.set_viewport_size(SMALL)
    opened(page, flag)
    return page
