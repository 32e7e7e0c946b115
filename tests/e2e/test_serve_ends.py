"""How `imageferry serve` ends, and who works on its home beside it: nothing of it is lost."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from imageferry.cli.exits import ExitCode
from imageferry.cli.group import imageferry
from imageferry.wire.alibaba_signing import Credentials
from tests.api.serving import Site, served
from tests.e2e.callers import Caller, text
from tests.e2e.processes import Served, environment, finish, served_emulator, start
from tests.e2e.test_serve_deaths import TEMPLATE
from tests.e2e.workers import forget_faults

PATIENCE = 20.0
INTERRUPTED = ExitCode.INTERRUPTED


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_emulator(tmp_path_factory.mktemp("cloud"), speed=6000) as found:
        yield found


@pytest.fixture(autouse=True)
def _calm(cloud: Served) -> Iterator[None]:
    yield
    forget_faults(cloud)


def aws(name: str, **more: str) -> dict[str, str]:
    return {"StackName": name, "TemplateBody": TEMPLATE.replace("{name}", name), **more}


def status_of(site: Site, name: str) -> str:
    _, tree = Caller(site.authority).aws("DescribeStacks", StackName=name)
    return text(tree, "StackStatus")


def come_to(site: Site, name: str, status: str = "CREATE_COMPLETE") -> None:
    ends = time.monotonic() + PATIENCE
    while (found := status_of(site, name)) != status:
        assert time.monotonic() < ends, f"{name} is {found}"
        time.sleep(0.05)


def copies(cloud: Served, name: str) -> int:
    return sum(image["name"] == name for image in cloud.copies())


def begun(cloud: Served, name: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not copies(cloud, name):
        assert time.monotonic() < ends, f"no copy {name} was begun"
        time.sleep(0.02)


def run(home: Path, cloud: Served, *arguments: str) -> Result:
    """A command, in this process beside the server's: that is another one to the home."""
    around = environment(home, IMAGEFERRY_ECS_ENDPOINT=cloud.endpoint)
    return CliRunner(env=around).invoke(imageferry, list(arguments))


class Asking:
    """A client whose reply is still under way."""

    def __init__(self, site: Site, name: str) -> None:
        self.replies: list[int] = []
        caller = Caller(site.authority)

        def ask() -> None:
            self.replies.append(caller.aws("CreateStack", **aws(name))[0])

        self._thread = threading.Thread(target=ask)
        self._thread.start()
        ends = time.monotonic() + PATIENCE
        while status_of(site, name) != "CREATE_IN_PROGRESS":
            assert time.monotonic() < ends
            time.sleep(0.02)

    def reply(self) -> int:
        self._thread.join()
        return self.replies[0]


def test_what_is_asked_is_answered_before_the_end_and_what_runs_goes_on_after(
    tmp_path: Path, cloud: Served
) -> None:
    settings = {"IMAGEFERRY_ECS_ENDPOINT": cloud.endpoint}
    home = tmp_path / "home"
    slow = {"kind": "slow", "action": "CopyImage", "count": None, "seconds": 1.0}
    cloud.ask("faults", slow)
    with served(home, "--reply-wait", "1.0", **settings) as site:
        asking = Asking(site, "parting")
        assert site.stop() == 0
        # Its reply was still waited for when the server was told to stop.
        assert asking.reply() == 200
        assert Caller(site.authority).aws("DescribeStacks")[0] == 0
    forget_faults(cloud)
    cloud.ask("faults", {**slow, "seconds": 5.0})
    with served(home, "--reply-wait", "30", **settings) as site:
        asking = Asking(site, "hasty")
        site.process.send_signal(signal.SIGTERM)
        # The log goes on from that of the first one; two signals at one moment would be one.
        ends = time.monotonic() + PATIENCE
        while sum(line["event"] == "stopping" for line in site.lines()) < 2:
            assert time.monotonic() < ends
            time.sleep(0.02)
        assert site.process.poll() is None
        began = time.monotonic()
        # The second signal waits for nothing.
        assert site.stop() == INTERRUPTED
        assert time.monotonic() - began < 2
        assert asking.reply() == 0
    forget_faults(cloud)
    with served(home, **settings) as site:
        for name in ("parting", "hasty"):
            come_to(site, name)
            assert copies(cloud, name) == 1


def test_a_server_and_a_command_on_one_home_do_not_disturb_each_other(
    tmp_path: Path, cloud: Served
) -> None:
    home = tmp_path / "home"
    with served(home, IMAGEFERRY_ECS_ENDPOINT=cloud.endpoint) as site:
        caller = Caller(site.authority)
        template = tmp_path / "t.yml"
        template.write_text(TEMPLATE.replace("{name}", "by-command"))
        deploy = ("deploy", str(template), "-s", "by-command", "--region", "cn-beijing", "--yes")
        process = start(home, cloud, *deploy, "--json")
        for number in range(3):
            assert caller.aws("CreateStack", **aws(f"beside-{number}"))[0] == 200
        begun(cloud, "by-command")
        # What the command does is seen, and held against whoever wants something else.
        status, tree = caller.aws("DeleteStack", StackName="by-command")
        code, out, said = finish(process)
        assert code in {0, 1}, said
        for number in range(3):
            come_to(site, f"beside-{number}")
            assert copies(cloud, f"beside-{number}") == 1
        assert status == 200, text(tree, "Message")
        assert json.loads(out)["stack_name"] == "by-command"
        # A stack of the server is changed by the command, and the server says so.
        template.write_text(TEMPLATE.replace("{name}", "renamed"))
        done = run(home, cloud, "deploy", str(template), "-s", "beside-0",
                            "--region", "cn-beijing", "--yes")  # fmt: skip
        assert done.exit_code == 0, done.output
        assert status_of(site, "beside-0") == "UPDATE_COMPLETE"


def test_a_backup_that_is_made_while_it_serves_brings_everything_back(
    tmp_path: Path, cloud: Served
) -> None:
    home, folder = tmp_path / "home", tmp_path / "backup"
    settings = {"IMAGEFERRY_ECS_ENDPOINT": cloud.endpoint}
    with served(home, **settings) as site:
        made = run(home, cloud, "keys", "create", "--json")
        assert made.exit_code == 0, made.output
        kept = json.loads(made.stdout)
        caller = Caller(site.authority)
        assert caller.aws("CreateStack", **aws("before", ClientRequestToken="t"))[0] == 200
        proposed = aws("waiting", ChangeSetName="p", ChangeSetType="CREATE")
        assert caller.aws("CreateChangeSet", **proposed)[0] == 200
        busy = threading.Event()

        def go_on() -> None:
            number = 0
            while not busy.is_set():
                number += 1
                more = aws("waiting", ChangeSetName=f"p{number}", ChangeSetType="CREATE")
                caller.aws("CreateChangeSet", **more)

        writing = threading.Thread(target=go_on)
        writing.start()
        made = run(home, cloud, "home", "backup", str(folder))
        assert made.exit_code == 0, made.output
        busy.set()
        writing.join()
        assert set(caller.answers) == {200}
    other = tmp_path / "other"
    made = run(other, cloud, "home", "restore", str(folder), "--yes")
    assert made.exit_code == 0, made.output
    key = Credentials(kept["key_id"], kept["secret"])
    with served(other, **settings) as site:
        come_to(site, "before")
        restored = Caller(site.authority, key)
        # Tokens, change sets and keys are what they were.
        status, tree = restored.aws("CreateStack", **aws("before", ClientRequestToken="t"))
        assert (status, text(tree, "StackId") != "") == (200, True)
        asked = {"StackName": "waiting", "ChangeSetName": "p"}
        assert restored.aws("ExecuteChangeSet", **asked)[0] == 200
        come_to(site, "waiting")
        assert copies(cloud, "before") == copies(cloud, "waiting") == 1
