"""What the policy says, over /v1: routes, questions, steps, approvals, other policies, thresholds."""

import pytest
from fastapi.testclient import TestClient

from screening.records import Conversation, Flag, Kind, ScreeningResult, Speaker, Turn
from screening.review import Role
from screening.sampling import Plan

from .conftest import DECISION, PASSWORD

R, P, A, U = Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR
WORDS = "家は知ってるぞ"
HELD = DECISION | {"outcome": "needs_consultation", "reason": "病状の可能性がある"}


@pytest.fixture
def save(app, store):
    """Puts a call with one flag of each category into the record."""

    def put(number=1, *categories):
        conversation = Conversation(
            f"c-{number}",
            Kind.CALL,
            (Turn("はい、窓口です", Speaker.AGENT), Turn(WORDS, Speaker.CUSTOMER)),
        )
        kinds = [app.state.policy.categories[name] for name in categories or ("threat",)]
        flags = tuple(
            Flag(c.id, c.provision, 1, 0, 3, WORDS[:3], 0.9, ("rule:x",), "理由", c.priority)
            for c in kinds
        )
        version = app.state.policy.version
        return store.save(
            conversation, ScreeningResult(conversation.id, True, version, "m", {}, flags)
        )

    return put


@pytest.fixture
def sign_in(app, store):
    """A client signed in as a new person with these roles."""
    clients = []

    def make(name, *roles):
        client = TestClient(app, raise_server_exceptions=False)
        clients.append(client)
        store.people.add_person(name, PASSWORD, roles)
        answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def reader(sign_in):
    return sign_in("読む人", R)


def _decide(client, flag_id, **changes):
    return client.post(f"/v1/flags/{flag_id}/decisions", json=DECISION | changes)


def _steps(client, key):
    return {s["response"]: s for s in client.get(f"/v1/conversations/{key}/steps").json()}


def _act(client, step, act, **more):
    return client.post(f"/v1/steps/{step['id']}/acts", json={"act": act, **more})


class TestTheUrgentRoute:
    def test_words_of_self_harm_wait_in_no_queue_of_harassment(self, save, reader):
        """They are on the urgent route alone, there alone, and are claimed from there."""
        (threat,), (care,) = save(1).flag_ids, save(2, "self_harm_risk").flag_ids
        listed = reader.get("/v1/flags").json()
        assert ([f["id"] for f in listed["items"]], listed["total"]) == ([threat], 1)
        urgent = reader.get("/v1/flags/urgent").json()
        assert ([f["id"] for f in urgent["items"]], urgent["total"]) == ([care], 1)
        assert reader.post("/v1/flags/next").json()["id"] == threat
        assert reader.post("/v1/flags/urgent/next").json()["id"] == care
        named = reader.get("/v1/flags", params={"category": "self_harm_risk"}).json()
        assert named["total"] == 0

    def test_the_ordinary_queue_never_ends_in_the_urgent_one(self, save, reader):
        """Where nothing else waits, nothing is offered."""
        save(1, "self_harm_risk")
        assert reader.post("/v1/flags/next").status_code == 204

    def test_without_a_route_the_urgent_one_is_empty(self, app, save, reader, monkeypatch):
        """A policy that sends nothing that way does not send everything."""
        save(1)
        monkeypatch.setattr(type(app.state.policy), "routed", frozenset())
        assert reader.get("/v1/flags/urgent").json()["total"] == 0
        assert reader.get("/v1/flags").json()["total"] == 1


class TestSteps:
    def test_a_decision_leads_to_steps_with_owner_day_and_clause(self, save, reader):
        """Due, waiting and blocked ones are listed apart."""
        saved = save(1)
        _decide(reader, saved.flag_ids[0])
        by_standing = {
            standing: {
                s["response"]: s for s in reader.get(f"/v1/steps?standing={standing}").json()
            }
            for standing in ("due", "waiting", "blocked")
        }
        care = by_standing["due"]["staff_care"]
        assert (care["owner"], care["provision"]) == ("承認者", "社内-3")
        assert care["due_on"]
        assert (care["kind"], care["category"]) == ("call", "threat")
        assert "warning" in by_standing["blocked"]
        assert by_standing["waiting"] == {}
        blocked = by_standing["blocked"]["refusal_of_service"]
        assert [one["response"] for one in blocked["lacking"]] == ["staff_care", "warning"]
        assert "record" not in care

    def test_a_second_person_approves(self, save, sign_in):
        """Whoever decided is refused; another approver, after what comes before it, is not."""
        both, other = sign_in("兼任", R, P), sign_in("承認", P)
        saved = save(1)
        _decide(both, saved.flag_ids[0])
        police = _steps(both, saved.key)["police_or_lawyer"]
        assert _act(other, police, "approve").status_code == 422
        done = _act(other, _steps(both, saved.key)["staff_care"], "done", note="面談を行った")
        assert (done.status_code, done.json()["state"]) == (201, "done")
        waiting = other.get("/v1/steps?standing=waiting&role=approver").json()
        assert "police_or_lawyer" in {s["response"] for s in waiting}
        refused = _act(both, police, "approve")
        assert refused.status_code == 403
        assert "別の人" in refused.json()["detail"]
        approved = _act(other, police, "approve").json()
        assert (approved["state"], approved["standing"]) == ("approved", "due")
        (line,) = _steps(both, saved.key)["police_or_lawyer"]["record"]
        assert (line["act"], line["person"]) == ("approve", "承認")

    def test_nobody_cancels_a_step_by_itself(self, save, reader):
        """Cancelling follows from taking the decision back, and is no act that can be asked for."""
        saved = save(1)
        _decide(reader, saved.flag_ids[0])
        desk = _steps(reader, saved.key)["consultation_desk"]
        assert _act(reader, desk, "cancel").status_code == 422
        body = {"reason": "読み違えていた"}
        reader.post(f"/v1/flags/{saved.flag_ids[0]}/withdrawals", json=body)
        assert _steps(reader, saved.key) == {}

    def test_a_blind_reader_sees_and_touches_no_step(self, store, save, reader, sign_in):
        """Neither list nor case nor assessment shows what the first decision led to; then it does."""
        store.set_plan(Plan(double_share=1, check_share=0))
        second, approver = sign_in("二人目", R), sign_in("承認", P)
        saved = save(1)
        flag = saved.flag_ids[0]
        _decide(reader, flag)
        step = _steps(approver, saved.key)["consultation_desk"]
        _act(approver, _steps(approver, saved.key)["staff_care"], "done", note="面談を行った")
        assert _steps(second, saved.key) == {}
        assert second.get("/v1/steps").json() == []
        assert _act(second, step, "done", note="案内を済ませた").status_code == 404
        seen = second.get(f"/v1/flags/{flag}/assessment").json()
        assert {r["standing"] for r in seen["responses"]} == {"blocked"}
        assert {c["met"] for r in seen["responses"] for c in r["reasons"]} == {"not_evaluated"}
        tried = second.get(f"/v1/flags/{flag}/assessment?outcome=harassment").json()
        waits = {r["id"]: r["standing"] for r in tried["responses"]}
        assert waits["police_or_lawyer"] == "waiting", "care on record gives the decision away"
        rows = second.get("/v1/reports/thresholds?threshold=0.5").json()["rows"]
        assert [row["judged"] for row in rows] == [0]
        own = second.get(f"/v1/flags/{flag}").json()
        assert own["decision"] is None
        assert _decide(second, flag, expected_decision=None).status_code == 201
        assert "consultation_desk" in _steps(second, saved.key)


class TestAssessing:
    def test_each_answer_says_what_it_opens_and_blocks(self, save, reader):
        """With clauses, and with what is not evaluated told from what is not met."""
        flag = save(1).flag_ids[0]
        body = reader.get(f"/v1/flags/{flag}/assessment").json()
        asked = {q["id"]: q for q in body["questions"]}
        assert [q["id"] for q in body["questions"] if q["due"]] == [
            "demand_validity",
            "means_acceptability",
        ]
        answers = {a["id"]: a for a in asked["means_acceptability"]["answers"]}
        assert "harassment" in answers["acceptable"]["blocks"]
        assert "harassment" in answers["unacceptable"]["waits"]
        assert "needs_consultation" in answers["unacceptable"]["opens"]
        found = {o["id"]: o for o in body["outcomes"]}["harassment"]
        assert (found["open"], found["reasons"][-1]["met"]) == (False, "not_evaluated")
        assert found["reasons"][-1]["clauses"] == ["判断基準①", "判断基準②"]
        given = "demand_validity=no_demand&means_acceptability=unacceptable"
        body = reader.get(f"/v1/flags/{flag}/assessment?{given}&outcome=harassment").json()
        assert {o["id"]: o["open"] for o in body["outcomes"]}["harassment"]
        standing = {r["id"]: r["standing"] for r in body["responses"]}
        assert (standing["staff_care"], standing["police_or_lawyer"]) == ("due", "waiting")
        assert reader.get(f"/v1/flags/{flag}/assessment?colour=red").status_code == 422

    def test_a_consultation_with_whom_the_policy_names_opens_what_the_exemption_blocks(
        self, app, save, reader
    ):
        """Whom, when and what stand in the record; anybody else does not count."""
        saved = save(1, "threat", "illness_related")
        flag = next(
            f["id"]
            for f in reader.get(f"/v1/conversations/{saved.key}").json()["flags"]
            if f["category"] == "threat"
        )
        exemption = reader.get("/v1/policy").json()["exemption"]
        ask = f"/v1/flags/{flag}/assessment?demand_validity=no_demand&means_acceptability=unacceptable"
        before = reader.get(ask).json()
        (question,) = [q for q in before["questions"] if q["id"] == exemption["id"]]
        assert question["due"]
        assert not {o["id"]: o["open"] for o in before["outcomes"]}["harassment"]
        assert _decide(reader, flag).status_code == 422
        address = f"/v1/conversations/{saved.key}/consultations"
        body = {"consulted": "家電店", "note": "様子を聞いた", "held_on": "2026-11-01"}
        assert reader.post(address, json=body).status_code == 422
        body["consulted"] = exemption["consult"][0]
        assert reader.post(address, json=body).status_code == 201
        assert {o["id"]: o["open"] for o in reader.get(ask).json()["outcomes"]}["harassment"]
        (kept,) = reader.get(f"/v1/conversations/{saved.key}").json()["consultations"]
        assert (kept["consulted"], kept["held_on"], kept["note"]) == (
            exemption["consult"][0],
            "2026-11-01",
            "様子を聞いた",
        )
        given = DECISION["answers"] | {exemption["id"]: "speaker"}
        assert _decide(reader, flag, answers=given).status_code == 201

    def test_a_reviewer_raises_what_stands_on_no_list(self, save, reader):
        """It waits like any other flag; the agent's words and a missing reason are refused."""
        key = save(1).key
        address = f"/v1/conversations/{key}/flags"
        body = {"turn": 1, "start": 0, "end": 5, "reason": "暗に家族をおびやかしている"}
        raised = reader.post(address, json=body)
        assert (raised.status_code, raised.json()["category"]) == (201, "unlisted_conduct")
        assert raised.json()["text"] is None
        assert raised.json()["id"] in {f["id"] for f in reader.get("/v1/flags").json()["items"]}
        assert reader.post(address, json=body).status_code == 409
        assert reader.post(address, json=body | {"turn": 0}).status_code == 422
        assert reader.post(address, json=body | {"start": 1, "reason": ""}).status_code == 422

    def test_a_conversation_is_looked_at_under_another_policy(self, store, save, reader, sign_in):
        """Flags and outcomes are the other policy's; nothing is kept but the look."""
        key = save(1).key
        before = store.flags(all_flags=True).total
        known = {p["id"]: p["version"] for p in reader.get("/v1/policies").json()}
        body = reader.get(f"/v1/conversations/{key}/views/tokyo-guideline").json()
        assert body["policy"] == known["tokyo-guideline"] == body["screening"]["policy"]
        assert {a["category"] for a in body["assessments"]} == {
            f["category"] for f in body["screening"]["flags"]
        }
        assert store.flags(all_flags=True).total == before
        (look,) = sign_in("監査", U).get("/v1/audit", params={"action": "look"}).json()
        assert look["subject"] == f"conversation:{key}"
        for name in ("nothing", "..%2Fpyproject"):
            assert reader.get(f"/v1/conversations/{key}/views/{name}").status_code == 404

    def test_thresholds_are_tried_on_past_decisions(self, save, reader):
        """Flags a day and the precision; below the policy's threshold the record is silent."""
        ids = [save(number).flag_ids[0] for number in range(4)]
        _decide(reader, ids[0])
        _decide(reader, ids[1], outcome="intake_error", reason="別の人の声だった")
        answer = reader.get("/v1/reports/thresholds?category=threat&threshold=0.1&threshold=0.8")
        low, high = answer.json()["rows"]
        assert (low["flags_a_day"], high["flags_a_day"]) == (None, 4.0)
        assert (high["judged"], high["found"], high["precision"]) == (2, 1, 0.5)
        assert reader.get("/v1/reports/thresholds?threshold=2").status_code == 422
        assert reader.get("/v1/reports/thresholds?category=nothing").status_code == 422


class TestTheSecondOfTwo:
    def test_a_conflict_says_who_when_and_what_to_programs(self, save, reader, sign_in):
        """The body's ``current`` names the decision that stands."""
        flag = save(1).flag_ids[0]
        first = _decide(reader, flag, expected_decision=None)
        assert first.status_code == 201
        late = _decide(sign_in("遅い人", R), flag, expected_decision=None)
        assert late.status_code == 409
        current = late.json()["current"]
        assert (current["person"], current["outcome"], current["state"]) == (
            "読む人",
            "harassment",
            "confirmed",
        )
        assert current["at"] == first.json()["decided_at"]
        assert current["decision"] == reader.get(f"/v1/flags/{flag}").json()["decision"]

    def test_whoever_sets_aside_what_is_decided_is_told_by_whom(self, save, reader, sign_in):
        """A conflict short of deciding says the same, but never to who reads the flag blind."""
        flag = save(1).flag_ids[0]
        _decide(reader, flag)
        late = sign_in("遅い人", R)
        for path, body in (("escalations", {"note": "判断に迷う"}), ("resolutions", DECISION)):
            answer = late.post(f"/v1/flags/{flag}/{path}", json=body)
            assert answer.status_code == 409
            assert answer.json()["current"]["person"] == "読む人"

    def test_a_blind_reader_is_told_of_no_decision_by_a_conflict(
        self, store, save, reader, sign_in
    ):
        """Whatever they expect or try, the answer does not carry the first reader's decision."""
        store.set_plan(Plan(double_share=1, check_share=0))
        flag = save(1).flag_ids[0]
        _decide(reader, flag)
        second = sign_in("二人目", R)
        answers = [
            _decide(second, flag, expected_state="confirmed"),
            _decide(second, flag, expected_decision=1),
            second.post(f"/v1/flags/{flag}/resolutions", json=DECISION),
        ]
        for answer in answers:
            assert answer.status_code == 409
            assert "current" not in answer.json()
            assert "読む人" not in answer.text

    def test_two_identical_decisions_do_not_both_succeed(self, save, reader):
        """Not even where the state alone would allow the second, as on hold it does."""
        flag = save(1).flag_ids[0]
        assert _decide(reader, flag, **HELD, expected_decision=None).status_code == 201
        seen = reader.get(f"/v1/flags/{flag}").json()["decision"]
        again = HELD | {"expected_state": "on_hold", "expected_decision": seen}
        assert _decide(reader, flag, **again).status_code == 201
        assert _decide(reader, flag, **again).status_code == 409

    def test_a_decision_taken_back_meanwhile_is_noticed(self, save, reader):
        """The flag looks as before, but it is not what the person saw."""
        flag = save(1).flag_ids[0]
        _decide(reader, flag)
        reader.post(f"/v1/flags/{flag}/withdrawals", json={"reason": "読み違えていた"})
        answer = _decide(reader, flag, expected_state="proposed", expected_decision=None)
        assert answer.status_code == 409
        assert answer.json()["current"]["outcome"] == "withdrawn"
        seen = reader.get(f"/v1/flags/{flag}").json()["decision"]
        assert _decide(reader, flag, expected_decision=seen).status_code == 201
