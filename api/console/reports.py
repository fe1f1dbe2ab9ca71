"""Documents that leave the console: incident reports and training sets."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from screening.access import Action, require
from screening.errors import ReviewError
from screening.policy import Side
from screening.report import IncidentReport, TrainingCase, incident, training_case
from screening.review import FlagState, Person
from screening.store import Store
from screening.store.queue import LARGEST_PAGE

from ..auth import Staff
from . import words
from .conversation import clock
from .forms import Checked
from .pages import TEMPLATES, render
from .paper import pdf
from .steps import recorded

router = APIRouter(include_in_schema=False)


def _report(
    request: Request, person: Person, key: str, *, masked: bool, rejected: bool
) -> IncidentReport:
    """The report; that its words were read stands in the audit log first."""
    store: Store = request.app.state.store
    case = store.open_case(key, person, words=False)
    now = datetime.now(UTC)
    done = {s.step.planned.response: recorded(s) for s in store.steps.of_case(key)}
    report = incident(
        case,
        request.app.state.policy,
        [store.case(e.key, person) for e in case.earlier],
        masked=masked,
        now=now,
        records=lambda response: done.get(response, ()),
        rejected=rejected,
    )
    store.looked(person, f"conversation:{key}", count=len(report.passages))
    return report


def _shared(report: IncidentReport, key: str) -> dict[str, Any]:
    return {
        "report": report,
        "key": key,
        "when": words.when,
        "clock": clock,
        "kinds": words.KINDS,
        "channels": words.CHANNELS,
        "sides": {Side.INTERNAL.value: "社内", Side.EXTERNAL.value: "社外"},
        "minutes": round(report.duration_ms / 60000) if report.duration_ms else None,
    }


@router.get("/cases/{key}/report")
def report_page(
    request: Request, person: Staff, key: str, raw: bool = False, rejected: bool = False
) -> Response:
    """The masked version, or the ``raw`` one; ``rejected`` adds what was found to be no harassment."""
    report = _report(request, person, key, masked=not raw, rejected=rejected)

    def address(raw: bool, rejected: bool, kind: str = "") -> str:
        asked = {"raw": raw, "rejected": rejected}
        query = urlencode({name: 1 for name, yes in asked.items() if yes})
        return f"/cases/{key}/report{kind}" + (f"?{query}" if query else "")

    return render(
        request,
        "report.html",
        person=person,
        page="decided",
        rejected=rejected,
        address=address,
        **_shared(report, key),
    )


@router.get("/cases/{key}/report.pdf")
def report_pdf(
    request: Request, person: Staff, key: str, raw: bool = False, rejected: bool = False
) -> Response:
    report = _report(request, person, key, masked=not raw, rejected=rejected)
    made = pdf("report_print.html", **_shared(report, key))
    name = f"incident-{key[:8]}{'-raw' if raw else ''}.pdf"
    return _file(made, "application/pdf", name)


def _file(body: bytes | str, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=kind, headers=headers)


@router.get("/training")
def training(request: Request, person: Staff) -> Response:
    """The decided cases, to choose some for a course."""
    require(person, Action.READ_CASE)
    store, policy = request.app.state.store, request.app.state.policy
    found = store.flags(
        states=(FlagState.CONFIRMED, FlagState.DISMISSED), viewer=person, limit=LARGEST_PAGE
    )
    cases: dict[str, dict[str, Any]] = {}
    now = datetime.now(UTC)
    for flag in found.items:
        case = cases.setdefault(
            flag.conversation_key,
            {
                "key": flag.conversation_key,
                "kind": words.KINDS.get(flag.kind, flag.kind),
                "when": words.short(flag.occurred_at, now),
                "points": [],
            },
        )
        mark = "該当" if flag.state is FlagState.CONFIRMED else "該当しない"
        name = words.category_name(policy, flag.flag.category)
        if (name, mark) not in case["points"]:
            case["points"].append((name, mark))
    return render(
        request, "training.html", person=person, page="training", cases=list(cases.values())
    )


@router.post("/training/export")
def export(request: Request, person: Staff, form: Checked) -> Response:
    """The chosen cases, masked, as one file."""
    store: Store = request.app.state.store
    chosen = [name.removeprefix("case-") for name in form if name.startswith("case-")]
    if not chosen:
        raise ReviewError("研修に使う事例を、一つ以上選んでください。")
    cases: list[TrainingCase] = []
    for key in chosen[:LARGEST_PAGE]:
        case = store.open_case(key, person, words=False)
        made = training_case(case, request.app.state.policy)
        if made is not None:
            store.looked(person, f"conversation:{key}", count=len(made.points))
            cases.append(made)
    shared = {"cases": cases, "written": words.when(datetime.now(UTC)), "pieces": pieces}
    match form.get("format"):
        case "jsonl":
            lines = [json.dumps(c.to_json(), ensure_ascii=False) for c in cases]
            return _file("".join(f"{x}\n" for x in lines), "application/jsonl", "training.jsonl")
        case "pdf":
            return _file(pdf("training_print.html", **shared), "application/pdf", "training.pdf")
        case _:
            page = TEMPLATES.get_template("training_print.html").render(shared)
            return HTMLResponse(page)


def pieces(case: TrainingCase, turn: int) -> list[tuple[str, bool]]:
    """A line cut into (words, whether they are a point's)."""
    text = case.lines[turn][1]
    ranges = [(p.start, p.end) for p in case.points if p.turn == turn]
    cuts = sorted({0, len(text), *(e for r in ranges for e in r)})
    return [
        (text[a:b], any(s <= a and b <= e for s, e in ranges)) for a, b in itertools.pairwise(cuts)
    ]
