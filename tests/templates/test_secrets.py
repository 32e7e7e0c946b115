"""84 and 85: what NoEcho hides is shown nowhere, whatever is done and whatever the cloud says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageferry.cli.group import imageferry
from tests.templates.front_door import BOTH, in_language

SECRET = "hush-hush-do-not-tell"
OTHER = "hush-hush-something-else"

HIDING = """\
<version>
Parameters:
  Hidden: {Type: String, NoEcho: true}
Resources:
  Copy:
    Type: <type>
    Properties:
      <image>: m-golden0000000000001
      <region>: <elsewhere>
      <name>: !Ref Hidden
      <description>: !Sub 'told ${Hidden} to nobody'
      <tags>: [{<tag key>: owner, <tag value>: !Ref Hidden}]
Outputs:
  Told: {Value: !Sub 'it is ${Hidden}'}
  Id: {Value: !GetAtt Copy.<id>}
"""

Ask = Callable[..., str]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """One command with everything shown and logged that can be; gives all that was said."""
    runner = CliRunner(
        env={
            "IMAGEFERRY_HOME": str(tmp_path / "home"),
            "IMAGEFERRY_EMULATOR_SPEED": "1e9",
            "IMAGEFERRY_DATABASE_URL": "",
            "IMAGEFERRY_CLOUD": "",
            "IMAGEFERRY_ECS_ENDPOINT": "",
            "ALIBABA_CLOUD_REGION_ID": "",
        }
    )

    def asked(*arguments: str, code: int = 0) -> str:
        log = ["--log-file", str(tmp_path / "ferry.log")]
        noisy = [] if arguments[0] == "emulator" else [*log, "--debug"]
        result = runner.invoke(imageferry, [*arguments, *noisy])
        assert result.exit_code == code, result.output
        return result.output

    return asked


def kept(folder: Path) -> bytes:
    """All that is on the disk, but for the emulated cloud itself, which is told the values."""
    return b"".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("emulator.db") and path.suffix != ".yml"
    )


@pytest.mark.parametrize("language", BOTH)
def test_no_secret_is_shown_or_kept_in_clear(ask: Ask, tmp_path: Path, language: str) -> None:
    region = in_language("<here>", language)
    template = tmp_path / "hiding.yml"
    template.write_text(in_language(HIDING, language))
    wanted = (str(template), "-s", "hiding", "--region", region)
    said = [
        ask("plan", *wanted, "-p", f"Hidden={SECRET}"),
        ask("plan", *wanted, "-p", f"Hidden={SECRET}", "--json"),
        ask("deploy", *wanted, "--yes", "-p", f"Hidden={SECRET}"),
        ask("plan", *wanted, "--replace", "-p", f"Hidden={OTHER}"),
        ask("plan", *wanted, "--replace", "-p", f"Hidden={OTHER}", "--json"),
        ask("deploy", *wanted, "--replace", "--yes", "--json", "-p", f"Hidden={OTHER}"),
        *(
            ask(command, "-s", "hiding", *more)
            for command in ("show", "events", "outputs")
            for more in ((), ("--json",))
        ),
        ask("outputs", "Told", "-s", "hiding"),
        ask("list"),
        ask("doctor", "--json"),
    ]
    # The cloud was told, or nothing would be proven.
    assert OTHER in ask("emulator", "images")
    said.append(ask("delete", "-s", "hiding", "--yes"))
    for hidden in (SECRET, OTHER):
        assert [text for text in said if hidden in text] == []
        assert hidden.encode() not in kept(tmp_path)
    assert "****" in "".join(said)


@pytest.mark.parametrize("language", BOTH)
def test_what_the_cloud_says_of_a_secret_is_masked(ask: Ask, tmp_path: Path, language: str) -> None:
    region = in_language("<here>", language)
    template = tmp_path / "hiding.yml"
    template.write_text(in_language(HIDING, language))
    ask(
        "emulator", "fault", "add", "error", "--action", "CopyImage",
        "--set", 'code="InvalidImageName.Malformed"',
        "--set", f'message="The name {SECRET} is not allowed."',
    )  # fmt: skip
    said = ask(
        "deploy", str(template), "-s", "hiding", "--region", region, "--yes",
        "-p", f"Hidden={SECRET}", code=1,
    )  # fmt: skip
    assert "InvalidImageName.Malformed" in said
    said += ask("show", "-s", "hiding", "--json") + ask("events", "-s", "hiding")
    assert SECRET not in said
    assert SECRET.encode() not in kept(tmp_path)
