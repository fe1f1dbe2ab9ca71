"""What no policy may drop, beyond names that refer to something.

Inside comes first and always, outside needs something inside on record before it; a care signal may
have its own route and nothing else may; what a person raises is raised by no detector; every role is
held by somebody; an exemption can be answered either way and leaves staff protected meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from .document import CasePart, Document, ExemptionPart, GravityName, ResponsePart
from .source import Path, Problem, nearest

#: What each kind of outcome makes of a flag.
RESULTS: Mapping[str, tuple[str, ...]] = {
    "harassment": ("confirmed",),
    "equivalent": ("confirmed",),
    "complaint": ("dismissed",),
    "consultation": ("on_hold",),
    "care": ("on_hold",),
    "staff": ("dismissed", "on_hold"),
    "error": ("dismissed",),
    "duplicate": ("dismissed",),
}
#: What a response without the key is for.
GRAVITIES = get_args(GravityName)
#: The roles that a person in the record may hold and a policy may give work to.
HOLDERS = ("reviewer", "approver", "administrator")


def problems(document: Document) -> Iterator[Problem]:
    """Everything that a document drops and none may."""
    yield from _kinds(document)
    yield from _routes(document)
    yield from _unlisted(document)
    yield from _roles(document)
    yield from _inside(document)
    for i, response in enumerate(document.responses):
        yield from _order(document, ("responses", i), response)
    if document.illness is not None:
        yield from _exemption(document, document.illness)
    for i, case in enumerate(document.cases):
        yield from _case(document, ("cases", i), case)


def _known(path: Path, value: str, names: list[str], what: str) -> Iterator[Problem]:
    if value not in names:
        yield Problem(
            path,
            f"{what}「{value}」は定義されていません。{nearest(value, names)}使える{what}: {', '.join(names)}。",
        )


def _kinds(document: Document) -> Iterator[Problem]:
    for i, outcome in enumerate(document.outcomes):
        if outcome.result not in RESULTS[outcome.kind]:
            expected = " か ".join(RESULTS[outcome.kind])
            yield Problem(
                ("outcomes", i, "result"),
                f"種類 {outcome.kind} の結論は {expected} です（今は {outcome.result}）。",
            )


def _routes(document: Document) -> Iterator[Problem]:
    outcomes = {o.id: o for o in document.outcomes}
    for i, category in enumerate(document.categories):
        if category.route is None:
            continue
        at: Path = ("categories", i, "route")
        yield from _known(at, category.route, list(outcomes), "結論")
        if category.group != "care":
            yield Problem(
                at, "確認の列を離れられるのは配慮（care）の区分だけです。route を外してください。"
            )
        elif category.route in outcomes and outcomes[category.route].kind != "care":
            yield Problem(at, f"経路の先「{category.route}」は種類 care の結論にしてください。")
        elif category.route in outcomes and not any(
            rule.outcome == category.route
            and (category.group in rule.groups or category.id in rule.categories)
            for rule in document.conclusions
        ):
            yield Problem(
                at,
                f"経路の先「{category.route}」を、この区分で選べません。conclusions に書き加えてください。",
            )


def _unlisted(document: Document) -> Iterator[Problem]:
    kinds = {o.id: o.kind for o in document.outcomes}
    unlisted = [(i, c) for i, c in enumerate(document.categories) if c.group == "unlisted"]
    for i, category in unlisted:
        signals = category.signals
        if signals.labels or signals.model_fields_set - {"labels"}:
            yield Problem(
                ("categories", i, "signals"),
                "例示にない言動（unlisted）は人だけが挙げます。手がかり（signals）を外してください。",
            )
    for i, category in unlisted[1:]:
        yield Problem(
            ("categories", i, "group"),
            f"unlisted の区分は一つだけです（「{category.id}」は二つ目）。",
        )
    names = {c.id for _, c in unlisted}
    for i, rule in enumerate(document.conclusions):
        covers = "unlisted" in rule.groups or names & set(rule.categories)
        if covers and kinds.get(rule.outcome) == "harassment":
            yield Problem(
                ("conclusions", i, "outcome"),
                "例示にない言動（unlisted）を該当と確認できるのは、種類 equivalent の結論だけです。",
            )


def _roles(document: Document) -> Iterator[Problem]:
    for i, role in enumerate(document.roles):
        if role.held_by is None and role.id not in HOLDERS:
            yield Problem(
                ("roles", i),
                f"役割「{role.id}」を担う人がいません。held_by に {', '.join(HOLDERS)} から書いてください。",
            )


def _inside(document: Document) -> Iterator[Problem]:
    inside = {name for r in document.responses if r.side == "internal" for name in r.after}
    for i, outcome in enumerate(document.outcomes):
        if outcome.result == "confirmed" and outcome.id not in inside:
            yield Problem(
                ("outcomes", i, "id"),
                f"結論「{outcome.id}」の後の社内対応がありません。responses に書き加えてください。",
            )


def _order(document: Document, at: Path, response: ResponsePart) -> Iterator[Problem]:
    others = {r.id: r for r in document.responses if r.id != response.id}
    for k, name in enumerate(response.requires):
        place: Path = (*at, "requires", k)
        yield from _known(place, name, list(others), "対応")
        if name not in others:
            continue
        first = others[name]
        if not set(response.after) <= set(first.after) or not set(
            response.gravities or GRAVITIES
        ) <= set(first.gravities or GRAVITIES):
            yield Problem(
                place,
                f"「{name}」が行われない結論や悪質さがあり、そのときこの対応は始められません。揃えてください。",
            )
        if first.categories and not set(response.categories or ["*"]) <= set(first.categories):
            yield Problem(
                place,
                f"「{name}」が行われない区分があり、そのときこの対応は始められません。揃えてください。",
            )
        if first.side == "external" and (
            response.side == "internal" or first.order >= response.order
        ):
            yield Problem(
                place, f"「{name}」は順序が後の社外対応です。先の対応だけを書いてください。"
            )
        if first.side == response.side == "internal" and first.order >= response.order:
            yield Problem(place, f"「{name}」は順序が後です。先の対応だけを書いてください。")
    if response.side == "external" and not any(
        others[name].side == "internal" for name in response.requires if name in others
    ):
        yield Problem(
            at,
            f"社外対応「{response.id}」の前に記録する社内対応を requires に書いてください。社内対応が先です。",
        )


def _exemption(document: Document, illness: ExemptionPart) -> Iterator[Problem]:
    if illness.id in {c.id for c in document.criteria}:
        yield Problem(
            ("illness", "id"), f"「{illness.id}」は判断基準と同じです。別の名前にしてください。"
        )
    seen: set[str] = set()
    for i, answer in enumerate(illness.answers):
        if answer.id in seen:
            yield Problem(
                ("illness", "answers", i, "id"),
                f"「{answer.id}」は前の答えと同じです。別の名前にしてください。",
            )
        seen.add(answer.id)
    for covers, words in ((True, "当たる"), (False, "当たらない")):
        if covers not in {a.covers for a in illness.answers}:
            yield Problem(
                ("illness", "answers"),
                f"例外に{words}答え（covers: {str(covers).lower()}）が1件以上要ります。",
            )
    inside = [r.id for r in document.responses if r.side == "internal"]
    for i, name in enumerate(illness.meanwhile):
        yield from _known(("illness", "meanwhile", i), name, inside, "社内対応")
    confirming = [o.id for o in document.outcomes if o.result == "confirmed"]
    left_out = [name for name in confirming if name not in illness.blocks]
    if left_out:
        yield Problem(
            ("illness", "blocks"),
            f"confirmed になる結論「{left_out[0]}」も、協議まで選べないようにしてください。",
        )


def _case(document: Document, at: Path, case: CasePart) -> Iterator[Problem]:
    if not case.findings and case.category is None:
        yield Problem(at, "検出（findings）か、人が挙げた区分（category）を書いてください。")
    for i, name in enumerate(case.meanwhile or []):
        yield from _known((*at, "meanwhile", i), name, [r.id for r in document.responses], "対応")
