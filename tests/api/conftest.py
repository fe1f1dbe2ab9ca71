import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from screening.policy import load_policy
from screening.review import Role
from screening.screener import default_screener
from screening.store import Store

PASSWORD = "a long pass phrase"

ABUSE = {
    "id": "c-1",
    "kind": "call",
    "customer_id": "k-1",
    "started_at": "2026-11-01T09:00:00+09:00",
    "turns": [
        {"speaker": "agent", "text": "お電話ありがとうございます。"},
        {"speaker": "customer", "text": "お前、ぶっ殺すぞ。さっさと死ねや"},
    ],
}
PLAIN = {
    "id": "c-2",
    "kind": "call",
    "turns": [{"speaker": "customer", "text": "来週の火曜日に予約を変えたいのですが"}],
}
DECISION = {
    "answers": {"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
    "outcome": "harassment",
    "reason": "殺すと告げており②-2に当たる",
}


@pytest.fixture(scope="session")
def screener():
    return default_screener()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'record.db'}")
    yield opened
    opened.close()


@pytest.fixture
def app(store, screener):
    return create_app(store, screener, load_policy(), secret=b"0123456789abcdef-test")


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def reviewer(store):
    return store.people.add_person("確認 花子", PASSWORD, [Role.REVIEWER])


@pytest.fixture
def key(store):
    return {"Authorization": f"Bearer {store.people.add_api_key('取り込み')}"}


@pytest.fixture
def signed_in(client, reviewer):
    """The client with a reviewer's session and its CSRF token on every request."""
    answer = client.post("/v1/session", json={"name": reviewer.name, "password": PASSWORD})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


@pytest.fixture
def flag(client, key):
    answer = client.post("/v1/conversations", json=ABUSE, headers=key)
    return answer.json()["flag_ids"][0]
