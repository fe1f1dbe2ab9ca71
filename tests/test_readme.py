"""What the README says is so."""

import argparse
import json
import re
from pathlib import Path

import pytest

import screening
from screening.cli import parser
from screening.intake import conversation_from_json

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MAKE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _commands(root, path=()):
    """Every command of the program that runs something, as a tuple of words."""
    found = set()
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                deeper = _commands(command, (*path, name))
                found |= deeper or {(*path, name)}
    return found


def test_every_command_named_is_there():
    """Each `screening …` of the README is a command of the program."""
    known = {" ".join(c) for c in _commands(parser())}
    named = re.findall(
        r"`screening ([a-z]+(?: (?:add|list|revoke|run|show|check|coverage|diff|test|rehearse|look|shadow|simulate"
        r"|verify|head|export)\b)?)",
        TEXT,
    )
    assert named
    for name in named:
        assert name in known, name


def test_every_command_is_named():
    """No command is left out of the README, but the demo, which make starts."""
    for words in _commands(parser()) - {("demo",)}:
        assert f"`screening {words[0]}" in TEXT or f"screening {' '.join(words)}" in TEXT, words


@pytest.mark.parametrize("target", re.findall(r"make ([a-z]+)", TEXT))
def test_every_make_target_is_there(target):
    """make demo, test and train exist."""
    assert re.search(rf"^{target}:", MAKE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(screening\.[a-z_]+)`", TEXT))))
def test_every_module_named_is_there(name):
    """A module of the map can be found."""
    path = ROOT / name.replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_every_core_module_is_named():
    """The map leaves no core module out."""
    modules = re.findall(r"^``(\w+)``", screening.__doc__, re.MULTILINE)
    for module in modules:
        assert f"`screening.{module}`" in TEXT, module


@pytest.mark.parametrize(
    "path",
    sorted(set(re.findall(r"[`(]((?:corpora|models|screening|api|tests)/[\w./-]*)[`)]", TEXT))),
)
def test_every_path_named_is_there(path):
    """Files and folders of the README exist."""
    assert (ROOT / path).exists()


def test_the_examples_of_the_contract_are_read():
    """The JSON of the README is JSON, and its conversations are conversations."""
    blocks = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    incoming = [json.loads(line) for line in blocks[0].splitlines()]
    assert [conversation_from_json(c).id for c in incoming] == ["c-1", "m-1"]
    result = json.loads(blocks[1])
    assert {"id", "needs_review", "policy", "model", "scores", "flags"} == set(result)
