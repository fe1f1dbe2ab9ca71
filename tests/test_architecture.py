"""What holds the packages together."""

import ast
import re
from pathlib import Path

import pytest

import screening

ROOT = Path(__file__).parent.parent
ORDER = re.findall(r"^``(\w+)``", screening.__doc__, re.MULTILINE)
MODULES = sorted((ROOT / "screening").rglob("*.py"))


def _imported(path):
    """The top-level modules of ``screening`` that a file imports, and every other package."""
    package = path.relative_to(ROOT).with_suffix("").parts
    if package[-1] == "__init__":
        package = (*package[:-1], "")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else ()
            whole = base + tuple((node.module or "").split(".") if node.module else ())
            for alias in node.names:
                yield (*whole, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_core_module_imports_only_modules_above_it(path):
    """Data flows one way: the order of the package's docstring is the order of imports."""
    mine = path.relative_to(ROOT / "screening").with_suffix("").parts[0]
    if mine == "__init__":
        return
    place = ORDER.index(mine)
    for name in _imported(path):
        assert name[0] != "api", f"{path.name} imports {'.'.join(name)}"
        if name[0] == "screening" and len(name) > 1 and name[1] in ORDER:
            assert ORDER.index(name[1]) <= place, f"{path.name} imports {'.'.join(name)}"


def test_every_core_module_is_on_the_map():
    """The package's docstring names each module once, and none that there is not."""
    there = {p.stem for p in (ROOT / "screening").glob("*.py")} - {"__init__"}
    there |= {p.parent.name for p in (ROOT / "screening").glob("*/__init__.py")}
    assert sorted(ORDER) == sorted(there)


def test_only_the_top_level_that_was_agreed():
    """Code lives in the five fixed folders; nothing else gathers at the top."""
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    fixed = {"screening", "models", "corpora", "api", "notebooks", "tests"}
    assert (
        folders - {"build", "dist", "var"} - {f for f in folders if f.endswith(".egg-info")}
        <= fixed
    )
    assert fixed <= folders
