"""`imageferry graph`: a stack drawn in every form, as it stands this moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shop import FAN_OUT, SECRET, Shop
from tests.drawing.reading import every, parsed, words

CHAIN = FAN_OUT.replace(
    "Outputs:",
    """\
  Last:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: Copy
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: us-west-1
      DestinationImageName: last
Outputs:""",
)


def test_a_stack_is_drawn_in_every_form(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.run(*shop.deploy("-p", f"Password={SECRET}", template=CHAIN))
    text = shop.run("graph", "golden", "--region", "cn-hangzhou").stdout
    assert "wave 1\n  ✓ Copy[0]  ALIYUN::ECS::CopyImage  CREATE_COMPLETE" in text
    assert "cn-hangzhou → us-west-1\n    ├─ Copy[0]\n    └─ Copy[1]" in text

    root = parsed(shop.run("graph", "-s", "golden", "--svg").stdout)
    assert [one.get("data-key") for one in every(root, "g", "node")] == [
        "Copy[0]", "Copy[1]", "Last",
    ]  # fmt: skip
    assert "golden: CREATE_COMPLETE" in words(root)
    assert SECRET not in words(root)

    dot = shop.run("graph", "golden", "--form", "dot").stdout
    assert dot.startswith('digraph "golden: CREATE_COMPLETE" {')
    assert '"Copy[0]" -> "Last"' in dot and 'fillcolor="#e0f5e4"' in dot
    mermaid = shop.run("graph", "golden", "--form", "mermaid").stdout
    assert "  class n0,n1,n2 done\n" in mermaid

    told = shop.object("graph", "golden", "--svg")
    assert [(one["logical_id"], one["standing"]) for one in told["nodes"]] == [
        ("Copy[0]", "done"), ("Copy[1]", "done"), ("Last", "done"),
    ]  # fmt: skip
    assert told["edges"] == [
        {"before": "Copy[0]", "after": "Last"},
        {"before": "Copy[1]", "after": "Last"},
    ]
    assert (told["form"], told["output"], told["status"]) == ("svg", None, "CREATE_COMPLETE")
    assert parsed(told["graph"]) is not None

    path = tmp_path / "golden.svg"
    assert "written to" in shop.run("graph", "golden", "--svg", "-o", str(path)).output
    assert len(every(parsed(path.read_text(encoding="utf-8")), "g", "node")) == 3
    refused = shop.run("graph", "golden", "--svg", "-o", str(path), code=2)
    assert "IF853" in refused.output
    shop.run("graph", "golden", "-o", str(path), "--force")
    assert path.read_text(encoding="utf-8").startswith("wave 1")
    lost = shop.run("graph", "golden", "-o", str(tmp_path / "no" / "where"), code=1)
    assert "IF854" in lost.output


def test_what_is_not_begun_has_its_way_and_what_it_waits_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.run(*shop.deploy("--no-wait", "-p", f"Password={SECRET}", template=CHAIN))
    text = shop.run("graph", "golden").stdout
    assert "  ○ Copy[1]  ALIYUN::ECS::CopyImage  INIT_COMPLETE" in text
    assert "cn-hangzhou → us-west-1\n    ├─ Copy[0]" in text


REFUSED = {
    "no such stack": (["nope"], 6, "IF805"),
    "no stack": ([], 2, "IF860"),
    "two stacks": (["one", "-s", "other"], 2, "IF860"),
    "two forms": (["one", "--svg", "--form", "dot"], 2, "IF860"),
    "an unknown form": (["one", "--form", "png"], 2, "--form"),
}


@pytest.mark.parametrize(
    ("arguments", "code", "said"), [pytest.param(*case, id=name) for name, case in REFUSED.items()]
)
def test_what_cannot_be_drawn(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    assert said in Shop(tmp_path).run("graph", *arguments, code=code).output
