"""Policies that nobody wrote: any document that the check accepts, with whatever it may contain."""

import json

from hypothesis import strategies as st

from screening.policy.document import Document
from screening.policy.load import _policy
from screening.policy.source import Source

GROUPS = ("means", "conditional", "content", "care", "unlisted")
GRAVITIES = ("grave", "serious", "ordinary")
HOLDERS = ("reviewer", "approver", "administrator")


@st.composite
def documents(draw):
    """A document as plain values; JSON is YAML, so its text is a policy file."""
    clauses = [f"条-{i}" for i in range(draw(st.integers(1, 5)))]
    clause = st.sampled_from(clauses)
    criteria = [
        {
            "id": f"q{i}",
            "title": f"基準{i}",
            "question": "どうですか。",
            "provision": draw(clause),
            "answers": [
                {"id": f"a{j}", "label": f"答え{j}", "settles": j == 0 or draw(st.booleans())}
                for j in range(draw(st.integers(2, 4)))
            ],
        }
        for i in range(draw(st.integers(1, 3)))
    ]
    groups = ["means", *draw(st.lists(st.sampled_from(GROUPS[:4]), max_size=4))]
    if draw(st.booleans()):
        groups.append("unlisted")
    categories = [_category(draw, i, group, draw(clause)) for i, group in enumerate(groups)]
    outcomes, rules = _outcomes(draw, clause, criteria, groups)
    roles = [
        {
            "id": f"role{i}",
            "label": f"役割{i}",
            "may": draw(st.sampled_from([["decide"], ["approve"], ["decide", "approve"]])),
            "held_by": draw(st.lists(st.sampled_from(HOLDERS), min_size=1, unique=True)),
        }
        for i in range(draw(st.integers(0, 2)))
    ]
    roles.append({"id": "lead", "label": "責任者", "may": ["decide", "approve"], "held_by": ["approver"]})  # fmt: skip
    document = {
        "id": "made",
        "title": "作られた方針",
        "effective_from": "2026-10-01",
        "basis": [{"number": c, "title": c, "text": "内容"} for c in clauses],
        "categories": categories,
        "criteria": criteria,
        "outcomes": outcomes,
        "conclusions": rules,
        "roles": roles,
        "responses": _responses(draw, clause, outcomes, roles),
        "retention": dict.fromkeys(
            ("undecided_days", "dismissed_days", "confirmed_days", "care_days"), 30
        ),
    }
    if draw(st.booleans()):
        document["reading"] = {
            "earlier_contacts": draw(st.integers(0, 200)),
            "break_minutes": draw(st.integers(5, 480)),
        }
    if draw(st.booleans()):
        document["illness"] = _exemption(draw, clause, categories, outcomes)
    return document


def _category(draw, i, group, provision):
    category = {
        "id": f"c{i}",
        "name": f"区分{i}",
        "provision": provision,
        "group": group,
        "threshold": draw(st.sampled_from([0.2, 0.5, 0.9])),
        "priority": draw(st.sampled_from(["urgent", "high", "normal"])),
        "gravity": draw(st.sampled_from(GRAVITIES)),
        "summary": "説明",
        "opens_review": draw(st.booleans()),
    }
    if group == "care" and draw(st.booleans()):
        category["route"] = "care"
    elif group != "unlisted":
        labels = st.sampled_from(["threat", "verbal_abuse", "persistence"])
        category["signals"] = {"labels": draw(st.lists(labels, unique=True))}
    return category


def _outcomes(draw, clause, criteria, groups):
    kinds = [
        ("found", "harassment", "confirmed"),
        ("fair", "complaint", "dismissed"),
        ("care", "care", "on_hold"),
        ("hold", "consultation", "on_hold"),
        ("wrong", "error", "dismissed"),
    ]
    if draw(st.booleans()):
        kinds.append(("equal", "equivalent", "confirmed"))
    outcomes, rules = [], []
    for name, kind, result in kinds:
        judges = result == "confirmed" or (kind == "complaint" and draw(st.booleans()))
        outcomes.append(
            {
                "id": name,
                "label": name,
                "provision": draw(clause),
                "kind": kind,
                "result": result,
                "judges": judges,
            }
        )
        allowed = [g for g in GROUPS if result != "confirmed" or g != "care"]
        if kind == "harassment":
            allowed.remove("unlisted")
        covered = draw(st.lists(st.sampled_from(allowed), min_size=1, unique=True))
        if kind == "care" and "care" not in covered:
            covered.append("care")
        rule = {"outcome": name, "groups": covered, "provision": draw(clause)}
        if judges or draw(st.booleans()):
            rule["when"] = [_when(draw, criteria, judges) for _ in range(draw(st.integers(1, 3)))]
            rule["otherwise"] = "条件を満たすときに限ります。"
        rules.append(rule)
    return outcomes, rules


def _when(draw, criteria, judges):
    asked = (
        criteria
        if judges
        else draw(
            st.lists(
                st.sampled_from(criteria), min_size=1, unique_by=lambda criterion: criterion["id"]
            )
        )
    )
    return {
        c["id"]: draw(
            st.lists(
                st.sampled_from([a["id"] for a in c["answers"] if a["settles"] or not judges]),
                min_size=1,
                unique=True,
            )
        )
        for c in asked
    }


def _responses(draw, clause, outcomes, roles):
    confirming = [o["id"] for o in outcomes if o["result"] == "confirmed"]
    owner = st.sampled_from([role["id"] for role in roles])
    responses = [
        {
            "id": f"in{i}",
            "title": f"社内{i}",
            "side": "internal",
            "order": i + 1,
            "provision": draw(clause),
            "after": [o["id"] for o in outcomes],
            "owner": draw(owner),
            "due_days": draw(st.integers(0, 30)),
        }
        for i in range(draw(st.integers(1, 3)))
    ]
    inside = [r["id"] for r in responses]
    outside = []
    for i in range(draw(st.integers(1, 3))):
        first = draw(st.lists(st.sampled_from(inside), min_size=1, unique=True))
        outside.append(
            {
                "id": f"out{i}",
                "title": f"社外{i}",
                "side": "external",
                "order": i + 1,
                "provision": draw(clause),
                "after": confirming,
                "owner": draw(owner),
                "approved_by": ["lead"],
                "second_person": draw(st.booleans()),
                "requires": [*first, *(["out0"] if i and draw(st.booleans()) else [])],
                "due_days": draw(st.integers(0, 30)),
            }
        )
    return responses + outside


def _exemption(draw, clause, categories, outcomes):
    return {
        "id": "exempt",
        "provision": draw(clause),
        "question": "病気によるものですか。",
        "answers": [
            {"id": "yes", "label": "そうかもしれない", "covers": True},
            {"id": "no", "label": "違う", "covers": False},
        ],
        "signals": draw(st.lists(st.sampled_from([c["id"] for c in categories]), unique=True)),
        "blocks": [o["id"] for o in outcomes if o["result"] == "confirmed"],
        "consult": ["相談先"],
        "meanwhile": ["in0"],
        "reason": "一律に判断しません。",
    }


def text_of(document):
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


@st.composite
def policies(draw):
    """Generated documents as policies, without the cost of reading YAML each time."""
    document = draw(documents())
    source = Source("made.yaml", document, {("basis", i): (1, 1) for i in range(5)})
    return _policy(Document.model_validate(document), source, "made@0")
