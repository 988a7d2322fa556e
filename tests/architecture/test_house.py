"""Rules of the house that no other tool checks. Directions of imports are held by `make check`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOORS = ("setup", "demo", "test", "check", "bench", "simulate", "chaos", "screens", "package", "help")
PROGRAMS = ("terminal", "storehub", "hq")
PACKAGES = ("retail", "courier", *PROGRAMS, "installer", "resources")
NOT_OURS = {".git", "build", "dist", "mutants", "__pycache__", "everopen-data"}
LINES_PER_MODULE = 400
LINES_PER_FUNCTION = 60


@cache
def project() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def files(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            if not path.name.startswith(".") or path.name == ".ci":
                yield from files(path)
        else:
            yield path


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from (path for path in files(ROOT / package) if path.suffix == ".py")


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names - set(sys.stdlib_module_names) - set(PACKAGES)


def declared(*extras: str) -> set[str]:
    """Distributions that pyproject.toml lists in the base and in these extras, normalised."""
    section = project()["project"]
    optional = section["optional-dependencies"]
    assert isinstance(optional, dict)
    lists = [section["dependencies"], *(optional[extra] for extra in extras)]
    return {normal(re.split(r"[\[<>=~!; ]", line)[0]) for lines in lists for line in lines}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_make_help_lists_every_door() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+) ", listed, re.MULTILINE) == list(DOORS)


def test_the_readme_names_every_door() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [door for door in DOORS if f"`make {door}`" not in readme] == []


@pytest.mark.parametrize("door", ["package"])
def test_a_door_without_a_room_behind_it_says_so_and_fails(door: str) -> None:
    opened = subprocess.run(["make", door], cwd=ROOT, capture_output=True, text=True, check=False)
    assert opened.returncode != 0
    assert f"{door}: is not built yet. It will " in opened.stdout


def test_every_package_has_a_page_that_says_what_it_is() -> None:
    assert [name for name in PACKAGES if not (ROOT / name / "README.md").is_file()] == []


def test_every_package_has_its_place_in_the_import_contracts() -> None:
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = {name.strip() for layer in contracts["contracts"][0]["layers"] for name in layer.split("|")}
    assert here == set(PACKAGES) == set(contracts["root_packages"]) == layers


def test_retail_knows_the_standard_library_and_biip_only() -> None:
    assert set().union(*(imported(path) for path in modules("retail"))) <= {"biip"}


@pytest.mark.parametrize(
    ("package", "extras"),
    [
        ("terminal", ["terminal"]),
        ("storehub", ["storehub"]),
        ("hq", ["hq"]),
        ("courier", ["hq"]),
        ("installer", ["terminal", "storehub", "hq", "standalone"]),
    ],
)
def test_what_a_package_imports_is_declared_for_it(package: str, extras: list[str]) -> None:
    """A program installed with its own extra must not live on what another one brought along."""
    known = packages_distributions()
    allowed = declared(*extras)
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name in imported(path)
        if not allowed & {normal(distribution) for distribution in known.get(name, [name])}
    }
    assert undeclared == set()


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules(*PACKAGES)}
    assert {name: length for name, length in lengths.items() if length > LINES_PER_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for path in modules(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LINES_PER_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    somebodys_folder = re.compile(rb"(?<![\w.:/])/(work|home|Users|root)/[\w.]")
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in files()
        if (match := somebodys_folder.search(path.read_bytes()))
    ]
    assert found == []
