"""The page of the laws names only what the code has, and leaves out no module of the kernel; so does the design."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import yaml

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "physics.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]


@cache
def names_in(file):
    """Return what a file defines, with the value of each constant that is a number (None: something else)."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = None
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = number(node.value)
            found |= {t.id: value for t in targets if isinstance(t, ast.Name)}
    return found


def number(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    match node:
        case ast.BinOp(left=ast.Constant(value=a), op=ast.Div(), right=ast.Constant(value=b)):
            return a / b
    return None


def code_lines(section):
    """Return (file, name) for each name that a section says stands in a file; name None for the file itself."""
    for line in re.findall(r"^\* Code: (.*(?:\n  .*)*)", section, flags=re.MULTILINE):
        file = None
        for token in re.findall(r"`([^`]+)`", line):
            if token.endswith(".py"):
                file = token
                yield file, None
            else:
                yield file, token


def test_every_file_and_name_that_the_page_of_laws_names_exists():
    seen = [pair for section in SECTIONS for pair in code_lines(section)]
    assert len(seen) > 200
    for file, name in seen:
        assert (ROOT / file).is_file(), file
        assert name is None or name in names_in(file), f"{file} has no {name}"


def test_every_section_says_where_its_law_lives():
    for section in SECTIONS:
        assert any(name is None for _, name in code_lines(section)), section.splitlines()[0]


def test_no_module_of_the_kernel_is_left_out():
    named = set(re.findall(r"`(sim/[\w/]+\.py)`", PAGE))
    modules = {str(p.relative_to(ROOT)) for p in (ROOT / "sim" / "kernel").glob("*.py")}
    assert modules <= named


def test_every_constant_on_the_page_has_its_value_in_the_code():
    checked = 0
    for section in SECTIONS:
        here = [names_in(file) for file, name in code_lines(section) if name is None]
        for name, value in re.findall(r"`(\w+)`\s+=\s+(-?[\d.]*\d)", section):
            known = [names[name] for names in here if names.get(name) is not None]
            assert any(abs(k - float(value)) <= 1e-3 * abs(k) for k in known), f"{name} = {value}: found {known}"
            checked += 1
    assert checked > 80


def test_every_number_of_the_drivers_on_the_page_is_that_of_their_files():
    china, us = (
        yaml.safe_load(Path(ROOT / "conf" / "drivers" / f"{n}.yaml").read_text("utf-8")) for n in ("china", "us")
    )
    pairs = re.findall(r"`(\w+)\.(\w+)`\s+\((?:\s*)([\d.]+)\s+\\?\|\s+([\d.]+)\)", PAGE)
    assert len(pairs) > 30
    for group, field, *values in pairs:
        assert [china[group].get(field, 0.0), us[group].get(field, 0.0)] == [float(v) for v in values], (
            f"{group}.{field}"
        )


DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_the_design_lists_what_stands_and_leaves_out_nothing():
    listed = re.findall(r"^(\w\S*)  +\S", DESIGN.split("```")[1], flags=re.MULTILINE)
    assert all((ROOT / path).exists() for path in listed)
    here = {f"sim/{p.name}{'/' * p.is_dir()}" for p in (ROOT / "sim").iterdir() if not p.name.startswith(("__", "py."))}
    assert here <= set(listed)


def test_the_floors_of_the_design_are_those_that_are_held():
    held = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    told = DESIGN.split("**Floors.**")[1].split(":\n")[1].split(".")[0]
    assert [re.findall(r"\w+", floor) for floor in held["layers"]] == [
        re.findall(r"\w+", floor) for floor in told.split(">")
    ]
