"""What programs and front ends may do over /v1, and what they may not."""

import json

import pytest
from fastapi.routing import APIRoute

from api.console.routes import router as pages
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Speaker, Turn
from screening.review import Role

from .conftest import ABUSE, DECISION, PASSWORD, PLAIN

#: What answers without a sign-in: signing in itself, health, and the pages' own files.
OPEN = {"/v1/session", "/login", "/healthz", "/static/htmx.min.js"}


def _problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body


def _routes(app):
    """Every method and path of the service: the described, the pages', and the app's own."""
    described = {(m.upper(), p) for p, item in app.openapi()["paths"].items() for m in item}
    own = [*pages.routes, *(r for r in app.routes if isinstance(r, APIRoute))]
    return sorted(described | {(m, r.path) for r in own for m in r.methods})


class TestSigningIn:
    def test_nothing_is_open(self, app, client):
        """Every address asks who is calling, but for those that must not."""
        seen = _routes(app)
        assert len(seen) > 15
        for method, path in seen:
            if path in OPEN and not (path == "/v1/session" and method != "POST"):
                continue
            answer = client.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"

    def test_a_wrong_password_or_key_is_refused(self, client, reviewer):
        """Neither a guessed password nor a made-up key gets in."""
        wrong = {"name": reviewer.name, "password": "no"}
        _problem(client.post("/v1/session", json=wrong), 403)
        _problem(client.get("/v1/policy", headers={"Authorization": "Bearer x.y"}), 401)

    def test_a_changed_cookie_is_no_session(self, signed_in):
        """A cookie that was tampered with is nobody's."""
        assert signed_in.get("/v1/session").status_code == 200
        value = signed_in.cookies["screening_session"]
        signed_in.cookies.clear()
        signed_in.cookies.set("screening_session", value[:-2] + "xx")
        _problem(signed_in.get("/v1/session"), 401)

    def test_signing_out_ends_the_session(self, signed_in):
        """After signing out the old cookie opens nothing."""
        cookie = signed_in.cookies["screening_session"]
        assert signed_in.delete("/v1/session").status_code == 204
        signed_in.cookies.set("screening_session", cookie)
        _problem(signed_in.get("/v1/session"), 401)

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, client, reviewer):
        """HttpOnly and SameSite=Strict stand on the session cookie."""
        answer = client.post("/v1/session", json={"name": reviewer.name, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie

    def test_a_session_without_its_csrf_token_changes_nothing(self, signed_in, flag):
        """A request that another site sends in a person's browser is refused."""
        del signed_in.headers["X-CSRF-Token"]
        _problem(signed_in.post(f"/v1/flags/{flag}/decisions", json=DECISION), 403)
        assert signed_in.get(f"/v1/flags/{flag}").json()["state"] == "proposed"


class TestScreening:
    def test_one_conversation_is_screened_and_not_kept(self, client, key, store):
        """The answer is the contract's screening, and the record stays empty."""
        body = client.post("/v1/screenings", json=ABUSE, headers=key).json()
        assert body["needs_review"] is True
        flag = next(f for f in body["flags"] if f["category"] == "threat")
        words = ABUSE["turns"][1]["text"]
        assert words[flag["start"] : flag["end"]] == flag["text"]
        assert flag["provision"] == "②-2"
        assert store.flags(all_flags=True).total == 0

    def test_a_harmless_conversation_has_no_flag(self, client, key):
        """Asking for another date is nobody's case."""
        body = client.post("/v1/screenings", json=PLAIN, headers=key).json()
        assert (body["needs_review"], body["flags"]) == (False, [])

    def test_keeping_twice_is_keeping_once(self, client, key):
        """The first time creates, the second changes nothing."""
        first = client.post("/v1/conversations", json=ABUSE, headers=key)
        again = client.post("/v1/conversations", json=ABUSE, headers=key)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["flag_ids"] == again.json()["flag_ids"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"kind": "call", "turns": []}, "id"),
            ({"id": "x", "kind": "fax"}, "kind"),
            ({"id": "x", "kind": "call"}, "turns"),
            ({"id": "x", "kind": "call", "turns": [{"speaker": "customer"}]}, "turns[0].text"),
        ],
    )
    def test_what_is_wrong_with_the_input_is_named(self, client, key, body, field):
        """A conversation that cannot be read names the field at fault."""
        answer = _problem(client.post("/v1/screenings", json=body, headers=key), 422)
        assert answer["field"] == field

    def test_broken_json_is_refused_without_repeating_it(self, client, key):
        """The error does not carry the words that were sent."""
        answer = client.post(
            "/v1/screenings",
            content='{"id": "秘密の言葉'.encode(),
            headers=key | {"content-type": "application/json"},
        )
        _problem(answer, 422)
        assert "秘密" not in answer.text

    def test_a_body_over_the_limit_is_refused(self, client, key):
        """Too large is 413, however it arrives."""
        answer = client.post("/v1/screenings", content=b" " * (33 << 20), headers=key)
        _problem(answer, 413)


class TestContacts:
    def _mail(self, number, day=2):
        return {
            "id": f"m-{number}",
            "kind": "email",
            "customer_id": "k@example.jp",
            "sent_at": f"2026-11-{day:02}T{number:02}:00:00+09:00",
            "subject": "修理の件",
            "body": "まだ届きません。いつになりますか。",
        }

    def _counted(self, answer):
        screening = answer.json().get("screening", answer.json())
        return [f["why"] for f in screening["flags"] if "conduct" in f["detectors"]]

    def test_repeated_mails_are_found_when_they_come_in_one_by_one(self, client, key):
        """The tenth of a customer within the policy's days is put before people; a call counts too."""
        for number in range(9):
            answer = client.post("/v1/conversations", json=self._mail(number), headers=key)
            assert self._counted(answer) == []
        alone = client.post("/v1/screenings", json=self._mail(9), headers=key)
        call = {
            "id": "c-9",
            "kind": "call",
            "customer_id": "k@example.jp",
            "started_at": "2026-11-02T09:30:00+09:00",
            "turns": [{"speaker": "customer", "text": "先ほどメールした件です"}],
        }
        kept = client.post("/v1/conversations", json=call, headers=key)
        for answer in (alone, kept):
            (why,) = self._counted(answer)
            assert "10回の連絡" in why
        assert len(kept.json()["flag_ids"]) == 1
        after = client.post("/v1/conversations", json=self._mail(10, day=20), headers=key)
        assert self._counted(after) == []


class TestFlags:
    def test_the_queue_lists_what_waits(self, client, key, flag):
        """Flags come in pages, most urgent first."""
        body = client.get("/v1/flags", headers=key).json()
        assert body["total"] == len(body["items"]) >= 1
        assert body["items"][0]["priority"] == "urgent"
        assert body["items"][0]["conversation_id"] == "c-1"

    def test_an_unknown_flag_is_not_found(self, client, key):
        """404 with a problem document."""
        _problem(client.get("/v1/flags/nothing", headers=key), 404)

    def test_a_program_reads_no_case(self, client, key, signed_in, flag):
        """Whole conversations with the names of deciders are for people."""
        case = signed_in.get(f"/v1/flags/{flag}").json()["conversation_key"]
        assert signed_in.get(f"/v1/conversations/{case}").status_code == 200
        _problem(signed_in.get(f"/v1/conversations/{case}", headers=key), 403)


class TestDeciding:
    def test_a_reviewer_decides(self, signed_in, flag, reviewer):
        """A complete decision is recorded with the person's name."""
        answer = signed_in.post(f"/v1/flags/{flag}/decisions", json=DECISION)
        assert answer.status_code == 201
        row = signed_in.get(f"/v1/flags/{flag}").json()
        assert row["state"] == "confirmed"
        case = signed_in.get(f"/v1/conversations/{row['conversation_key']}").json()
        assert case["decisions"][0]["person"] == reviewer.name

    def test_no_program_decides(self, client, key, flag):
        """A key never turns a flag into a finding, whatever it sends."""
        _problem(client.post(f"/v1/flags/{flag}/decisions", json=DECISION, headers=key), 403)

    def test_an_auditor_does_not_decide(self, client, store, flag):
        """Only the reviewer's role decides."""
        store.people.add_person("監査", PASSWORD, [Role.AUDITOR])
        answer = client.post("/v1/session", json={"name": "監査", "password": PASSWORD})
        headers = {"X-CSRF-Token": answer.json()["csrf"]}
        _problem(client.post(f"/v1/flags/{flag}/decisions", json=DECISION, headers=headers), 403)

    @pytest.mark.parametrize(
        "change",
        [
            {"answers": {"demand_validity": "valid"}},
            {"reason": "  "},
            {"outcome": "legitimate_complaint"},
            {"answers": {"demand_validity": "maybe", "means_acceptability": "unacceptable"}},
        ],
    )
    def test_less_than_everything_is_refused(self, signed_in, flag, change):
        """Both criteria, an open outcome and a reason are asked of everybody."""
        answer = signed_in.post(f"/v1/flags/{flag}/decisions", json=DECISION | change)
        assert _problem(answer, 422)["detail"]

    def test_the_second_is_told(self, signed_in, flag):
        """Deciding on an outdated state is a conflict that names who was first."""
        body = DECISION | {"expected_state": "proposed"}
        signed_in.post(f"/v1/flags/{flag}/decisions", json=body)
        answer = signed_in.post(f"/v1/flags/{flag}/decisions", json=body)
        assert "確認 花子" in _problem(answer, 409)["detail"]

    def test_undo(self, signed_in, flag):
        """Taking back returns the flag to the queue."""
        signed_in.post(f"/v1/flags/{flag}/decisions", json=DECISION)
        answer = signed_in.post(f"/v1/flags/{flag}/withdrawals", json={"reason": "読み違えた"})
        assert answer.status_code == 201
        assert signed_in.get(f"/v1/flags/{flag}").json()["state"] == "proposed"

    def test_consequences_are_known_before(self, signed_in, flag):
        """What answers open and block can be asked without deciding anything."""
        body = signed_in.get(
            f"/v1/flags/{flag}/consequences?means_acceptability=unacceptable"
        ).json()
        assert body["missing"] == ["demand_validity"]
        assert "harassment" in body["blocked"]


class TestFlow:
    """What a program sees of care, of flags set right, and of duplicates."""

    @pytest.fixture
    def saved(self, store):
        said = "もう死にたい、お前のせいだ"
        flags = tuple(
            Flag(c, "②-2", 0, 0, 3, said[:3], 0.9, ("rule:x",), "殺すと告げています", Priority.HIGH)
            for c in ("self_harm_risk", "threat", "verbal_abuse")
        )
        call = Conversation("c-flow", Kind.CALL, (Turn(said, Speaker.CUSTOMER),), customer_id="k")
        store.save(call, ScreeningResult(call.id, True, "medical-care@1", "m", {}, flags))
        return {f.flag.category: f.id for f in store.flags(all_flags=True).items}

    def test_care_asks_nothing(self, signed_in, saved):
        """No question, no answer, and the hand-over is taken with a reason alone."""
        flag = saved["self_harm_risk"]
        body = signed_in.get(f"/v1/flags/{flag}/assessment").json()
        assert (body["route"], body["questions"]) == ("care_escalation", [])
        assert signed_in.get(f"/v1/flags/{flag}/consequences").json()["missing"] == []
        decision = {"outcome": "care_escalation", "reason": "ただちに担当へ引き継ぐ"}
        answer = signed_in.post(f"/v1/flags/{flag}/decisions", json=decision)
        assert answer.status_code == 201
        assert answer.json()["answers"] == {}
        assert signed_in.get(f"/v1/flags/{flag}").json()["outcome"] == "care_escalation"

    def test_a_flag_set_right_to_self_harm_is_on_the_urgent_route(self, signed_in, saved):
        """Under /v1/flags/urgent and nowhere else; what is open follows the category set right."""
        flag = saved["threat"]
        case = signed_in.get(f"/v1/flags/{flag}").json()["conversation_key"]
        body = {"kind": "category", "flag_id": flag, "category": "self_harm_risk"}
        assert signed_in.post(f"/v1/conversations/{case}/corrections", json=body).status_code == 201
        urgent = {f["id"]: f for f in signed_in.get("/v1/flags/urgent").json()["items"]}
        assert set(urgent) == {flag, saved["self_harm_risk"]}
        assert urgent[flag]["category_now"] == "self_harm_risk"
        assert [f["id"] for f in signed_in.get("/v1/flags").json()["items"]] == [
            saved["verbal_abuse"]
        ]
        assert signed_in.get(f"/v1/flags/{flag}/consequences").json()["open"] == ["care_escalation"]

    def test_a_duplicate_names_its_original(self, signed_in, saved):
        """Chosen from those offered, kept with the decision, refused with another outcome."""
        one, two = saved["threat"], saved["verbal_abuse"]
        offered = [f["id"] for f in signed_in.get(f"/v1/flags/{one}/originals").json()]
        assert two in offered
        assert one not in offered
        body = DECISION | {"outcome": "duplicate", "duplicate_of": two}
        wrong = body | {"outcome": "harassment"}
        _problem(signed_in.post(f"/v1/flags/{one}/decisions", json=wrong), 422)
        made = signed_in.post(f"/v1/flags/{one}/decisions", json=body)
        assert made.json()["duplicate_of"] == two
        case = made.json()["flag_id"]
        assert signed_in.get(f"/v1/flags/{case}").json()["duplicate_of"] == two

    def test_a_masked_reason_names_no_harsh_word(self, client, key, saved):
        """Not even where the rule itself names it."""
        item = client.get(f"/v1/flags/{saved['threat']}", headers=key).json()
        assert item["why"] == "…と告げています"
        item = client.get(f"/v1/flags/{saved['threat']}?words=true", headers=key).json()
        assert "殺す" in item["why"]


class TestOperations:
    def test_health(self, client):
        """Health is open and says nothing else."""
        assert client.get("/healthz").text == "ok"

    def test_metrics_count_and_carry_no_words(self, client, key, flag):
        """What was screened is counted; what was said is nowhere."""
        text = client.get("/metrics", headers=key).text
        assert 'screening_conversations_total{kind="call",needs_review="yes"} 1.0' in text
        assert "殺" not in text
        assert flag not in text

    def test_openapi_has_examples(self, client, key):
        """The description of the API shows a call and a mail."""
        body = client.get("/v1/openapi.json", headers=key).json()
        assert "ぶ" not in json.dumps(body["paths"]["/v1/flags"], ensure_ascii=False)
        content = body["paths"]["/v1/screenings"]["post"]["requestBody"]["content"]
        assert set(content["application/json"]["examples"]) == {"call", "email"}

    def test_a_failure_says_nothing_of_what_was_said(self, app, client, key, monkeypatch, capsys):
        """An unexpected error is a plain problem; neither answer nor log has the words."""

        def fail(conversation, **more):
            raise RuntimeError(conversation.turns[1].text)

        monkeypatch.setattr(app.state, "screener", type("S", (), {"screen": staticmethod(fail)}))
        _problem(client.post("/v1/screenings", json=ABUSE, headers=key), 500)
        shown = capsys.readouterr()
        assert "殺" not in shown.out + shown.err
