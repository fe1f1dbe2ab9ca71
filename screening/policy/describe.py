"""A policy as Japanese text that a person can read through without knowing YAML."""

from __future__ import annotations

from collections.abc import Iterator

from ..records import PRIORITIES
from .kinds import GRAVITIES, Group, Result, Side
from .model import Policy, Signals

GROUPS = {
    Group.MEANS: "手段・態様（要求にかかわらず）",
    Group.CONDITIONAL: "要求（妥当性しだい）",
    Group.CONTENT: "要求内容",
    Group.CARE: "配慮",
    Group.UNLISTED: "例示にない言動（確認者が挙げる）",
}
RESULTS = {
    Result.CONFIRMED: "該当と確認",
    Result.DISMISSED: "該当しない",
    Result.ON_HOLD: "保留・引き継ぎ",
}


def describe(policy: Policy) -> str:
    """The whole policy, one section after another, one line for each thing in it."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    until = f"{policy.effective_until}まで" if policy.effective_until else "期限なし"
    yield f"{policy.title}  {policy.version}"
    yield f"適用 {policy.effective_from}から {until}"
    yield "\n■ 根拠の条項"
    for clause in policy.basis.values():
        origin = "" if clause.published else "（自社の決まり）"
        yield f"{clause.number} {clause.title}{origin}: {clause.text}"
    for group in Group:
        yield f"\n■ 区分: {GROUPS[group]}"
        for c in policy.categories.values():
            if c.group is group:
                yield (
                    f"{c.provision} {c.name}（{c.id}） しきい値{c.threshold:g}・{PRIORITIES[c.priority]}"
                    f"・重さ「{GRAVITIES[c.gravity]}」{_signals(c.signals)}: {c.summary}"
                )
    yield "\n■ 判断基準（お客様の言動を判断するときは、すべてに答えます）"
    for criterion in policy.criteria:
        labels = " / ".join(a.label for a in criterion.answers)
        yield f"{criterion.provision} {criterion.title}: {criterion.question} [{labels}]"
    yield "\n■ 結論"
    for outcome in policy.outcomes:
        yield f"{outcome.label}（{outcome.id}） {outcome.provision}・{RESULTS[outcome.result]}"
        yield from _conditions(policy, outcome.id)
    if (exemption := policy.exemption) is not None:
        yield f"\n■ 病態（{exemption.provision}）"
        yield f"{exemption.question} {exemption.reason}"
        yield f"答え: {' / '.join(a.label for a in exemption.answers)}"
        yield f"協議の相手: {'・'.join(exemption.consult)}"
        titles = [r.title for r in policy.responses if r.id in exemption.meanwhile]
        yield f"協議の間も必要な対応: {'・'.join(titles)}"
    yield from _responses(policy)
    kept = policy.retention
    yield "\n■ 保存期間（日）"
    yield (
        f"未確認{kept.undecided_days} 該当しない{kept.dismissed_days} "
        f"該当{kept.confirmed_days} 配慮{kept.care_days}"
    )
    reading = policy.reading
    far = f"前後{reading.earlier_days}日の" if reading.earlier_days else ""
    yield "\n■ 確認者が読むもの"
    yield f"同じお客様のほかの連絡: {far}{reading.earlier_contacts}件まで"
    yield (
        f"休憩を勧める: 続けて{reading.break_minutes}分、または休憩から{reading.break_words}件の言葉"
        f"（{reading.rest_minutes}分離れると休憩）"
    )


def _signals(signals: Signals) -> str:
    words = []
    if signals.call_minutes is not None:
        words.append(f"通話{signals.call_minutes:g}分から")
    if signals.contacts is not None:
        words.append(f"{signals.contact_days:g}日に{signals.contacts}回の連絡から")
    if signals.repeated_demands is not None:
        words.append(f"同じ要求{signals.repeated_demands}回から")
    return "".join(f"・{word}" for word in words)


def _conditions(policy: Policy, outcome: str) -> Iterator[str]:
    for rule in (r for r in policy.rules if r.outcome == outcome):
        groups = [GROUPS[g] for g in Group if g in rule.groups]
        names = [c.name for c in policy.categories.values() if c.id in rule.categories]
        yield f"  対象: {'・'.join(groups + names)}（{rule.provision}）"
        for when in rule.when:
            met = [
                f"{c.title}＝{'／'.join(a.label for a in c.answers if a.id in when[c.id])}"
                for c in policy.criteria
                if c.id in when
            ]
            yield f"    条件: {'、'.join(met)}"


def _responses(policy: Policy) -> Iterator[str]:
    roles = {r.id: r.label for r in policy.roles}
    for side, title in ((Side.INTERNAL, "社内対応"), (Side.EXTERNAL, "社外対応")):
        yield f"\n■ {title}"
        for r in policy.responses:
            if r.side is not side:
                continue
            approval = "・".join(roles[a] for a in r.approved_by)
            approval = f"、承認: {approval}" if approval else ""
            second = "（判断者と別の人）" if r.second_person else ""
            after = "・".join(o.label for o in policy.outcomes if o.id in r.after)
            first = "・".join(x.title for x in policy.responses if x.id in r.requires)
            first = f"、先に「{first}」の記録" if first else ""
            yield (
                f"{r.order}. {r.title}（{r.provision}） 担当: {roles[r.owner]}{approval}{second}、"
                f"{r.due_days}日以内、{after} の後{first}"
            )
