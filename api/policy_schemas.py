"""What the policy says and what follows a decision, as it goes out over ``/v1``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from screening.days import day_of
from screening.policy import Assessment, Effect, Policy, Reason
from screening.steps import STATES
from screening.store import StepRow

#: A condition is met, unmet, or nobody has answered yet, which is not a "no".
MET = {True: "met", False: "unmet", None: "not_evaluated"}


def reason_out(reason: Reason) -> dict[str, Any]:
    return {"clauses": list(reason.clauses), "text": reason.text, "met": MET[reason.met]}


def assessment_out(found: Assessment, tried: tuple[Effect, ...]) -> dict[str, Any]:
    """Questions with what each answer would open and block, outcomes and responses, all with clauses."""
    return {
        "policy": found.policy,
        "category": found.category,
        "route": found.route,
        "questions": [
            {
                "id": q.id,
                "title": q.title,
                "question": q.question,
                "given": q.given,
                "due": q.due,
                "reason": reason_out(q.reason),
                "answers": [
                    {
                        "id": answer,
                        "label": label,
                        "opens": list(effect.opens),
                        "blocks": list(effect.blocks),
                        "waits": list(effect.waits),
                    }
                    for answer, label in q.answers
                    for effect in tried
                    if (effect.question, effect.answer) == (q.id, answer)
                ],
            }
            for q in found.questions
        ],
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "kind": o.kind.value,
                "open": o.open,
                "reasons": [reason_out(r) for r in o.reasons],
            }
            for o in found.outcomes
        ],
        "responses": [
            {
                "id": d.id,
                "title": d.title,
                "side": d.side.value,
                "standing": d.standing.value,
                "owner": d.owner,
                "due_days": d.due_days,
                "approved_by": list(d.approved_by),
                "second_person": d.second_person,
                "reasons": [reason_out(r) for r in d.reasons],
            }
            for d in found.duties
        ],
    }


def step_out(row: StepRow, *, notes: bool = False) -> dict[str, Any]:
    """``notes`` adds the step's record, whose words may speak of the case."""
    step, planned = row.step, row.step.planned
    owner = step.owner_id
    return {
        "id": row.id,
        "conversation_key": row.conversation_key,
        "flag_id": row.flag_id,
        "kind": row.kind,
        "occurred_at": row.occurred_at,
        "category": row.category,
        "policy": row.policy,
        "outcome": row.outcome,
        "response": planned.response,
        "title": planned.title,
        "provision": planned.provision,
        "side": planned.side.value,
        "order": planned.order,
        "state": step.state.value,
        "state_label": STATES[step.state],
        "standing": row.readiness.value,
        "lacking": [{"response": name, "title": title} for name, title in row.lacking],
        "disputed": row.disputed,
        "owner": planned.owner,
        "owner_roles": sorted(planned.owner_roles),
        "assigned_to": {"id": owner, "name": row.people[owner]} if owner else None,
        "approver_roles": sorted(planned.approver_roles),
        "second_person": planned.second_person,
        "due_on": planned.due_on.isoformat(),
        "overdue": step.overdue(day_of(datetime.now(UTC))),
    } | ({"record": _record(row)} if notes else {})


def _record(row: StepRow) -> list[dict[str, Any]]:
    return [
        {
            "act": e.act.value,
            "person": row.people[e.person_id],
            "to": row.people[e.owner_id] if e.owner_id else None,
            "note": e.note,
            "at": e.at.isoformat(),
        }
        for e in row.step.entries
    ]


def policy_out(p: Policy) -> dict[str, Any]:
    exemption = p.exemption
    return {
        "id": p.id,
        "version": p.version,
        "title": p.title,
        "categories": [
            {
                "id": c.id,
                "name": c.name,
                "provision": c.provision,
                "group": c.group.value,
                "threshold": c.threshold,
                "priority": str(c.priority),
                "summary": c.summary,
                "route": c.route,
            }
            for c in p.categories.values()
        ],
        "criteria": [
            {
                "id": c.id,
                "title": c.title,
                "question": c.question,
                "provision": c.provision,
                "answers": [{"id": a.id, "label": a.label} for a in c.answers],
            }
            for c in p.criteria
        ],
        "exemption": None
        if exemption is None
        else {
            "id": exemption.id,
            "question": exemption.question,
            "provision": exemption.provision,
            "answers": [
                {"id": a.id, "label": a.label, "covers": a.covers} for a in exemption.answers
            ],
            "consult": list(exemption.consult),
            "blocks": sorted(exemption.blocks),
            "reason": exemption.reason,
        },
        "outcomes": [
            {
                "id": o.id,
                "label": o.label,
                "final": o.final,
                "kind": o.kind.value,
                "provision": o.provision,
            }
            for o in p.outcomes
        ],
        "responses": [
            {"id": r.id, "title": r.title, "side": r.side.value, "provision": r.provision}
            for r in p.responses
        ],
        "roles": [{"id": r.id, "label": r.label, "held_by": sorted(r.held_by)} for r in p.roles],
    }
