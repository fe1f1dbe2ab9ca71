"""Charts as inline SVG with Japanese labels: no script, colours from the stylesheet, a title to read out.

Every chart stands beside the table it was drawn from, so none carries anything of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10

from markupsafe import Markup, escape

from screening.dashboard import Forecast, Share

from .words import figure

WIDTH = 560
_LINE = 24


def _svg(height: float, title: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}" '
        f'class="{kind}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def nice(largest: float) -> float:
    """The next round number, for the top of a scale."""
    if largest <= 0:
        return 1
    power = 10 ** (ceil(log10(largest)) - 1)
    return next(m * power for m in (1, 2, 3, 4, 6, 8, 10) if m * power >= largest * 0.999)


def columns(title: str, bars: Sequence[tuple[str, float]], unit: str) -> Markup:
    """One column for each (label, value), the value above it. Labels thin out where they are many."""
    height, left, top, bottom = 190.0, 36.0, 16.0, 26.0
    tall = height - top - bottom
    largest = nice(max((v for _, v in bars), default=0))
    step = (WIDTH - left - 8) / max(1, len(bars))
    parts = []
    for tick in (0.0, 0.5, 1.0):
        y = top + tall * (1 - tick)
        parts += [
            _line(left, y, WIDTH - 8, y, "grid"),
            _text(left - 6, y + 4, f"{largest * tick:g}", "soft", "end"),
        ]
    every = ceil(len(bars) / 9)
    for i, (label, value) in enumerate(bars):
        x, tall_bar = left + step * i, tall * value / largest
        width = min(34.0, step * 0.66)
        parts.append(_rect(x + (step - width) / 2, top + tall - tall_bar, width, tall_bar, "bar"))
        if i % every == 0:
            parts.append(_text(x + step / 2, height - 8, label, "soft", "middle"))
        if len(bars) <= 16:
            parts.append(
                _text(x + step / 2, top + tall - tall_bar - 4, figure(value), "value", "middle")
            )
    return _svg(height, f"{title}（{unit}）", parts)


def shares(title: str, rows: Sequence[tuple[str, Share]]) -> Markup:
    """A dot for each share with its 95 % interval; what nobody has decided has none."""
    left, right = 190.0, 118.0
    wide = WIDTH - left - right
    parts = []
    height = 22 + _LINE * len(rows) + 6
    for tick in (0, 0.5, 1):
        x = left + wide * tick
        parts += [
            _line(x, 18, x, height - 4, "grid"),
            _text(x, 12, f"{tick * 100:.0f}%", "soft", "middle"),
        ]
    for i, (name, s) in enumerate(rows):
        y = 22 + _LINE * i + _LINE / 2
        shown = name if len(name) <= 14 else f"{name[:13]}…"
        parts.append(_text(left - 10, y + 4, shown, "", "end"))
        if s.share is None or s.low is None or s.high is None:
            parts.append(_text(left + wide + 10, y + 4, "まだ判断なし", "soft"))
            continue
        parts += [
            _line(left + wide * s.low, y, left + wide * s.high, y, "interval"),
            f'<circle cx="{left + wide * s.share:.1f}" cy="{y:.1f}" r="5" class="dot"/>',
            _text(left + wide + 10, y + 4, f"{s.share * 100:.0f}%　{s.hits}／{s.of}件", "value"),
        ]
    return _svg(height, title, parts)


def backlog(title: str, forecast: Forecast) -> Markup:
    """The flags waiting from today on, with the band in which 95 of 100 futures would lie."""
    height, left, top, bottom = 190.0, 44.0, 14.0, 26.0
    tall, wide = height - top - bottom, WIDTH - left - 16
    largest = nice(max(forecast.high))
    days = len(forecast.expected) - 1

    def at(day: int, value: float) -> str:
        return f"{left + wide * day / days:.1f},{top + tall * (1 - value / largest):.1f}"

    band = [at(d, v) for d, v in enumerate(forecast.high)]
    band += [at(d, v) for d, v in reversed(list(enumerate(forecast.low)))]
    parts = []
    for tick in (0.0, 0.5, 1.0):
        y = top + tall * (1 - tick)
        parts += [
            _line(left, y, WIDTH - 16, y, "grid"),
            _text(left - 6, y + 4, f"{largest * tick:g}", "soft", "end"),
        ]
    parts.append(f'<polygon points="{" ".join(band)}" class="band"/>')
    line = " ".join(at(d, v) for d, v in enumerate(forecast.expected))
    parts.append(f'<polyline points="{line}" class="line"/>')
    for day in range(0, days + 1, 7):
        label = "今日" if day == 0 else f"{day}日後"
        anchor = "start" if day == 0 else "end" if day == days else "middle"
        parts.append(_text(left + wide * day / days, height - 8, label, "soft", anchor))
    return _svg(height, title, parts)
