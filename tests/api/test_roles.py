"""Every address of /v1 with every role: who gets in, who does not, and whose things they reach."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from screening.review import Role
from screening.sampling import Plan

from .conftest import ABUSE, DECISION, PASSWORD, PLAIN

R, P, A, U, M = Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR, Role.MACHINE
STAFF = {R, P, A, U}
EVERYBODY = STAFF | {M}
CASES = {R, P, U}

#: Who may call what. A route that is not here fails the first test.
ALLOWED = {
    "POST /v1/session": EVERYBODY,
    "GET /v1/session": EVERYBODY,
    "DELETE /v1/session": EVERYBODY,
    "GET /v1/sessions": STAFF,
    "DELETE /v1/sessions/{session_id}": STAFF,
    "PUT /v1/password": STAFF,
    "POST /v1/screenings": {R, A, M},
    "POST /v1/conversations": {R, A, M},
    "GET /v1/flags": EVERYBODY,
    "GET /v1/flags/{flag_id}": EVERYBODY,
    "GET /v1/conversations/{key}": CASES,
    "GET /v1/flags/urgent": EVERYBODY,
    "POST /v1/flags/urgent/next": {R},
    "POST /v1/flags/next": {R},
    "POST /v1/flags/{flag_id}/claim": {R},
    "DELETE /v1/flags/{flag_id}/claim": {R},
    "POST /v1/flags/{flag_id}/hold": {R},
    "DELETE /v1/flags/{flag_id}/hold": {R},
    "POST /v1/flags/{flag_id}/handovers": {R},
    "POST /v1/flags/{flag_id}/escalations": {R},
    "POST /v1/flags/{flag_id}/skips": {R},
    "GET /v1/reviewers": {R},
    "POST /v1/flags/{flag_id}/decisions": {R},
    "POST /v1/flags/{flag_id}/withdrawals": {R},
    "GET /v1/flags/{flag_id}/consequences": CASES,
    "GET /v1/flags/{flag_id}/assessment": CASES,
    "GET /v1/flags/{flag_id}/originals": CASES,
    "POST /v1/conversations/{key}/consultations": {R},
    "POST /v1/conversations/{key}/flags": {R},
    "GET /v1/steps": STAFF,
    "GET /v1/conversations/{key}/steps": CASES,
    "POST /v1/steps/{step_id}/acts": {R, P, A},
    "GET /v1/reports/thresholds": STAFF,
    "GET /v1/policies": EVERYBODY,
    "GET /v1/conversations/{key}/views/{policy_id}": CASES,
    "GET /v1/disagreements": CASES,
    "POST /v1/flags/{flag_id}/resolutions": {R},
    "GET /v1/reports/agreement": STAFF,
    "GET /v1/reports/missed": STAFF,
    "POST /v1/checks/next": {R},
    "POST /v1/checks/{key}": {R},
    "POST /v1/conversations/{key}/corrections": {R},
    "GET /v1/corrections/export": {A},
    "GET /v1/plan": STAFF,
    "PUT /v1/plan": {A},
    "GET /v1/people": {A},
    "POST /v1/people": {A},
    "PATCH /v1/people/{person_id}": {A},
    "DELETE /v1/people/{person_id}/sessions": {A},
    "GET /v1/keys": {A},
    "POST /v1/keys": {A},
    "DELETE /v1/keys/{prefix}": {A},
    "GET /v1/audit": {A, U},
    "GET /v1/audit/head": {A, U},
    "POST /v1/audit/verifications": {A, U},
    "GET /v1/policy": EVERYBODY,
}
#: What needs no session because it makes one.
OPEN = {"POST /v1/session"}
BODIES = {
    "POST /v1/screenings": PLAIN,
    "POST /v1/conversations": PLAIN | {"id": "another"},
    "POST /v1/flags/{flag_id}/hold": {"until": "2020-01-01T00:00:00Z"},
    "POST /v1/flags/{flag_id}/handovers": {"to": "nobody"},
    "POST /v1/flags/{flag_id}/escalations": {"note": " "},
    "POST /v1/flags/{flag_id}/decisions": DECISION | {"reason": " "},
    "POST /v1/flags/{flag_id}/withdrawals": {"reason": "読み違えていた"},
    "POST /v1/flags/{flag_id}/resolutions": DECISION,
    "POST /v1/conversations/{key}/consultations": {"consulted": "", "note": ""},
    "POST /v1/conversations/{key}/flags": {"turn": 9, "start": 0, "end": 1, "reason": "言葉がない"},
    "POST /v1/steps/{step_id}/acts": {"act": "assign"},
    "POST /v1/conversations/{key}/corrections": {"kind": "speaker"},
    "POST /v1/checks/{key}": {"found": True},
    "PUT /v1/password": {"old": PASSWORD, "password": "x"},
    "PUT /v1/plan": {"double_share": 2, "check_share": 0, "claim_minutes": 1},
    "POST /v1/people": {"name": "x", "password": "x", "roles": ["reviewer"]},
    "PATCH /v1/people/{person_id}": {"roles": []},
    "POST /v1/keys": {"name": "もう一つ"},
    "POST /v1/audit/verifications": {},
}


@pytest.fixture
def things(store, client, key, flag):
    """Real objects of others, so that a refusal is not only a missing thing."""
    store.set_plan(Plan(double_share=0, check_share=1))
    other = store.people.add_person("別の人", PASSWORD, [R])
    token = store.people.open_session(other)
    quiet = client.post("/v1/conversations", json=PLAIN, headers=key).json()["key"]
    return {
        "flag_id": flag,
        "key": store.flag(flag).conversation_key,
        "checked": quiet,
        "person_id": other.id,
        "step_id": 999_999,
        "policy_id": "mhlw-manual",
        "session_id": store.people.sessions(other)[0].id,
        "prefix": store.people.add_api_key("別の鍵").partition(".")[0],
        "token": token,
    }


@pytest.fixture
def as_role(app, store):
    """A client signed in as somebody with this role and no other."""
    clients = []

    def sign_in(role):
        client = TestClient(app, raise_server_exceptions=False)
        clients.append(client)
        if role is M:
            client.headers["Authorization"] = f"Bearer {store.people.add_api_key('機械')}"
        else:
            name = f"{role}の人"
            store.people.add_person(name, PASSWORD, [role])
            answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    yield sign_in
    for client in clients:
        client.close()


def _path(route, things):
    path = route.partition(" ")[2]
    given = things | ({"key": things["checked"]} if "/checks/" in path else {})
    return path.format(**given)


def _call(client, route, things):
    return client.request(route.partition(" ")[0], _path(route, things), json=BODIES.get(route))


def test_every_route_says_who_may_call_it(app):
    """No address of /v1 is without its roles, and the list names none that there is not."""
    described = {
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method in item
        if path.startswith("/v1")
    }
    assert described == set(ALLOWED)


def test_nobody_without_a_sign_in(client, things):
    """Real addresses with real bodies answer 401."""
    for route in ALLOWED.keys() - OPEN:
        assert _call(client, route, things).status_code == 401, route


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_what_it_may_and_no_more(as_role, things, role):
    """403 where the role is not enough; anything but 401, 403 and 500 where it is."""
    client = as_role(role)
    routes = [r for r in ALLOWED if r not in OPEN and r != "DELETE /v1/session"]
    for route in routes:
        status = _call(client, route, things).status_code
        if role in ALLOWED[route]:
            # Somebody else's session and one's decision are guarded beyond the role.
            own = route == "DELETE /v1/sessions/{session_id}" and role is not A
            if own:
                assert status == 403, f"{role}: {route}: {status}"
            else:
                assert status not in (401, 403, 500), f"{role}: {route}: {status}"
        else:
            assert status == 403, f"{role}: {route}: {status}"


@pytest.mark.parametrize("role", list(STAFF))
def test_a_session_alone_changes_nothing(as_role, things, role):
    """Without the CSRF token every change is refused, whatever the role."""
    client = as_role(role)
    del client.headers["X-CSRF-Token"]
    for route in ALLOWED.keys() - OPEN:
        if not route.startswith("GET"):
            assert _call(client, route, things).status_code == 403, route


class TestOthersThings:
    def test_nobody_ends_anothers_session_but_an_administrator(self, as_role, store, things):
        """It goes on after every other role has tried."""
        for role in (R, P, U):
            client = as_role(role)
            assert client.delete(f"/v1/sessions/{things['session_id']}").status_code == 403
            listed = client.get("/v1/sessions", params={"person": things["person_id"]})
            assert listed.status_code == 403
        assert store.people.person_for_session(things["token"]) is not None
        assert as_role(A).delete(f"/v1/sessions/{things['session_id']}").status_code == 204
        assert store.people.person_for_session(things["token"]) is None

    def test_nobody_takes_back_anothers_decision(self, as_role, app, store, things):
        """Not even another reviewer."""
        other = store.people.named("別の人")
        given = {k: DECISION[k] for k in ("answers", "outcome", "reason")}
        store.decide(things["flag_id"], other, policy=app.state.policy, **given)
        body = {"reason": "違うと思うので"}
        for role in Role:
            answer = as_role(role).post(f"/v1/flags/{things['flag_id']}/withdrawals", json=body)
            assert answer.status_code == 403
        assert store.flag(things["flag_id"]).state == "confirmed"

    def test_a_claim_of_another_is_not_let_go(self, as_role, store, things):
        """Releasing ends one's own claim only."""
        other = store.people.named("別の人")
        store.work.claim(things["flag_id"], other)
        assert as_role(R).delete(f"/v1/flags/{things['flag_id']}/claim").status_code == 204
        assert store.flag(things["flag_id"]).claim.person_id == other.id

    def test_a_blind_reader_finds_the_first_decision_nowhere(
        self, as_role, app, store, client, key
    ):
        """Neither list, flag, case nor report tells what the first reader decided."""
        store.set_plan(Plan(double_share=1, check_share=0))
        other = store.people.add_person("別の人", PASSWORD, [R])
        kept = client.post("/v1/conversations", json=ABUSE, headers=key).json()
        flag_id = kept["flag_ids"][0]
        given = {k: DECISION[k] for k in ("answers", "outcome", "reason")}
        store.decide(flag_id, other, policy=app.state.policy, **given)
        reader = as_role(R)
        assert reader.get(f"/v1/flags/{flag_id}").json()["state"] == "proposed"
        for state in ("confirmed", "dismissed", "on_hold"):
            assert reader.get("/v1/flags", params={"state": state}).json()["total"] == 0
        case = reader.get(f"/v1/conversations/{kept['key']}").json()
        assert case["decisions"] == []
        assert {f["state"] for f in case["flags"]} == {"proposed"}
        answer = reader.post(f"/v1/flags/{flag_id}/decisions", json=DECISION)
        assert answer.status_code == 201
        assert reader.get(f"/v1/flags/{flag_id}").json()["state"] == "confirmed"
        report = reader.get("/v1/reports/agreement").json()
        assert (report["pairs"], report["equal"]) == (1, 1.0)


class TestLooking:
    def test_words_are_shown_when_asked_for_and_that_is_on_record(self, as_role, store, things):
        """A queue without words is no look; one with words is."""
        client, before = as_role(R), store.audit.head().seq
        masked = client.get("/v1/flags").json()["items"]
        assert {item["text"] for item in masked} == {None}
        assert store.audit.head().seq == before
        shown = client.get("/v1/flags", params={"words": "true"}).json()["items"]
        assert all(item["text"] for item in shown)
        auditor = as_role(U)
        (look,) = auditor.get("/v1/audit", params={"action": "look"}).json()
        assert (look["subject"], look["detail"]) == ("queue:", {"count": len(shown)})

    def test_a_case_read_is_on_record(self, as_role, things):
        """Who, what and when."""
        as_role(P).get(f"/v1/conversations/{things['key']}")
        (look,) = as_role(U).get("/v1/audit", params={"action": "look"}).json()
        assert look["subject"] == f"conversation:{things['key']}"

    def test_the_log_can_be_verified_over_http(self, as_role, things):
        """With a head that was kept earlier."""
        client = as_role(U)
        head = client.get("/v1/audit/head").json()["head"]
        as_role(P).get(f"/v1/conversations/{things['key']}")
        body = client.post("/v1/audit/verifications", json={"head": head}).json()
        assert (body["ok"], body["problems"]) == (True, [])
        wrong = replace_hash(head)
        body = client.post("/v1/audit/verifications", json={"head": wrong}).json()
        assert not body["ok"]


def replace_hash(head):
    number, _, digest = head.partition(":")
    return f"{number}:{'0' * len(digest)}"


def test_the_queue_says_why_first(as_role, things):
    """Each flag carries its reason and its filters' values."""
    item = as_role(R).get("/v1/flags").json()["items"][0]
    assert item["why_first"].startswith("緊急。確信度")
    assert item["weight"] > 0


def test_a_days_work_over_http(as_role, store, client, key, things):
    """Next, claim, hold, correct, check: each answers as described."""
    reader = as_role(R)
    row = reader.post("/v1/flags/next").json()
    assert row["claim"]["mine"]
    flag = f"/v1/flags/{row['id']}"
    assert reader.post(f"{flag}/escalations", json={"note": "判断に迷う"}).status_code == 204
    assert reader.get("/v1/flags", params={"place": "escalated"}).json()["total"] == 1
    hold = reader.post(f"{flag}/hold", json={"until": "2026-01-01T00:00:00"})
    assert hold.status_code == 422
    case = f"/v1/conversations/{row['conversation_key']}"
    body = {"kind": "missed", "turn": 1, "start": 0, "end": 2, "category": "verbal_abuse"}
    added = reader.post(f"{case}/corrections", json=body)
    assert added.status_code == 201, added.text
    assert added.json()["flag_id"] in {f["id"] for f in reader.get(case).json()["flags"]}
    key = reader.post("/v1/checks/next").json()["conversation_key"]
    assert reader.post(f"/v1/checks/{key}", json={"found": False}).status_code == 201
    assert reader.post("/v1/checks/next").status_code == 204
    assert reader.get("/v1/reports/missed").json()["checked"] == 1
    assert store.plan() == replace(Plan(), double_share=0, check_share=1)
