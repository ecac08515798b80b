"""The core of each chapter alone, and each section of "Going further" with the core alone.

A core needs no run of its own. It stands first in its file, and each run of a chapter here gives it
a fresh kernel: when its last cell has run, nothing after "Going further" has run yet. So every test
that compares a chapter's outputs with the saved ones has compared those of the core alone. What
that argument rests on is tested below: nothing of the core comes after "Going further".

What no such run shows is whether the sections after it may be taken in any order, as the chapters
say, since a run takes them in one. So the names that their code reads are looked up here: each must
come from the core or from the section itself. And test_runs.py runs them from last to first.
"""

import ast
import builtins
import re

import pytest

from tests.tools import minutes
from tests.tools.books import CHAPTERS, NAMES, Chapter

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
ALWAYS = {*dir(builtins), "display"}  # what every cell of a notebook knows
LONGEST = 50  # minutes of a core, as tests/tools/minutes.py adds them up


class Names(ast.NodeVisitor):
    """What some code takes from outside, since it reads it before it binds it, and what it binds."""

    def __init__(self, cells=()):
        self.taken, self.bound = set(), set(ALWAYS)
        for cell in cells:
            self.visit(ast.parse(cell.source))

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.taken.add(node.id)

    def visit_Assign(self, node):
        self.visit(node.value)  # it is computed before the names on the left are bound
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.taken.add(node.target.id)
        self.visit(node.target)

    def visit_For(self, node):
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Import(self, node):
        self.bound.update((name.asname or name.name).partition(".")[0] for name in node.names)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        self.visit_scope(node)

    visit_ClassDef = visit_FunctionDef

    def visit_scope(self, node):
        """A part with names of its own; they are nobody else's."""
        inside = list(ast.walk(node))
        own = {part.arg for part in inside if isinstance(part, ast.arg)}
        own |= {part.name for part in inside if isinstance(part, ast.FunctionDef)}
        own |= {part.asname or part.name for part in inside if isinstance(part, ast.alias)}
        names = [part for part in inside if isinstance(part, ast.Name)]
        own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
        read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
        self.taken |= read - own - self.bound

    visit_Lambda = visit_ListComp = visit_SetComp = visit_DictComp = visit_scope
    visit_GeneratorExp = visit_scope


def names_of(chapter):
    """The names of the core, and of each section that may be left out."""
    core = [cell for part in minutes.core(chapter) for cell in part.cells]
    return Names(core), {part.heading: Names(part.cells) for part in minutes.further(chapter)}


@every_chapter
def test_nothing_of_the_core_stands_after_going_further(path):
    book = Chapter(path.stem[:2]).book
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    *core, last = re.findall(r"^## (.*)", text, re.M)
    assert core and last == minutes.FURTHER, f"{path.name}: {last} stands after what is left out"


@every_chapter
def test_a_core_takes_50_minutes_at_most_even_when_done_thoroughly(path):
    _, thorough = minutes.total(minutes.core(Chapter(path.stem[:2])))
    over = thorough - LONGEST
    assert over <= 0, (
        f"{path.name}: whoever is thorough needs {over:.1f} minutes more than {LONGEST} for the "
        f"core. Shorten it, or move what it can do without to {minutes.FURTHER!r}"
    )


@every_chapter
def test_a_core_takes_no_name_from_outside(path):
    core, _ = names_of(Chapter(path.stem[:2]))
    assert core.taken == set(), f"{path.name}: the core reads {core.taken} before it binds them"


@every_chapter
def test_a_section_to_go_further_needs_the_core_and_no_other_section(path):
    core, sections = names_of(Chapter(path.stem[:2]))
    for heading, names in sections.items():
        lacking = names.taken - core.bound
        assert not lacking, f"{path.name}, {heading}: {lacking} is bound in another section"


@every_chapter
def test_no_section_to_go_further_changes_a_name_that_another_takes_from_the_core(path):
    _, sections = names_of(Chapter(path.stem[:2]))
    for heading, names in sections.items():
        for other, others in sections.items():
            changed = names.taken & (others.bound - ALWAYS)
            assert other == heading or not changed, (
                f"{path.name}: {heading} reads {changed}, which {other} binds anew. Give it "
                "another name there, or its outputs depend on the order of the two."
            )


def test_names_are_found_as_python_binds_them():
    class Cell:
        source = "y = x\nfor i in z: j = [k for k in i]\ndef f(a): return a + b + f(y)\nn += 1"

    assert Names([Cell]).taken == {"x", "z", "b", "n"}
    assert Names([Cell]).bound - ALWAYS == {"y", "i", "j", "f", "n"}
