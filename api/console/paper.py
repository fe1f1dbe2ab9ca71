"""HTML pages become PDF. Nothing is fetched from anywhere: fonts are the machine's own."""

from __future__ import annotations

from importlib import resources
from typing import Any

from screening.errors import ScreeningError

from .pages import TEMPLATES


def pdf(template: str, **context: Any) -> bytes:
    """The template as PDF/A-like pages with the fonts embedded.

    Raises:
        ScreeningError: where Pango, which sets the type, is not on the machine.
    """
    try:
        from weasyprint import CSS, HTML
    except OSError:
        raise ScreeningError(
            "PDFを作るには Pango が要ります（Debian なら apt-get install libpango-1.0-0 "
            "libpangoft2-1.0-0 fonts-noto-cjk）。HTML の版はそのまま使えます。"
        ) from None
    style = resources.files("api") / "console" / "static" / "paper.css"
    page = TEMPLATES.get_template(template).render(context)
    made: bytes = HTML(string=page, url_fetcher=_nothing).write_pdf(
        stylesheets=[CSS(string=style.read_text(encoding="utf-8"))]
    )
    return made


def _nothing(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError("a page for printing refers to nothing outside itself")
