"""The CDK's command line, unmodified, against a server in another process; for `make e2e`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.apis import HERE, ROOT, Served, run, serving

pytestmark = [pytest.mark.clients, pytest.mark.slow]

VARIABLE = "IMAGEFERRY_CDK_MODULES"
MODULES = Path(os.environ.get(VARIABLE, ROOT / ".venv-clients/cdk/node_modules"))

Cdk = Callable[..., str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if "IMAGEFERRY_E2E" not in os.environ and VARIABLE not in os.environ:
        pytest.skip("the CDK is tried by `make e2e` alone (set IMAGEFERRY_E2E)")
    if not MODULES.exists() or shutil.which("node") is None:
        pytest.skip(f"no CDK: {MODULES} is missing, or node is (set {VARIABLE})")
    with serving(tmp_path_factory.mktemp("served"), "--reply-wait", "20") as found:
        yield found


@pytest.fixture
def cdk(served: Served, tmp_path: Path) -> Cdk:
    """Runs the CDK on our app; gives all that it prints."""

    def call(*arguments: str, image_name: str = "golden-cdk") -> str:
        command = [
            str(MODULES / ".bin" / "cdk"),
            "--app",
            f"node {HERE / 'cdk_app.js'}",
            "--no-version-reporting",
            "--no-notices",
            "--ci",
            *arguments,
        ]
        environment = served.aws() | {
            "NODE_PATH": str(MODULES),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "IMAGE_NAME": image_name,
        }
        done = run(command, environment, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.mark.parametrize("method", ["direct", "change-set"])
def test_the_cdk_deploys_compares_and_destroys(served: Served, cdk: Cdk, method: str) -> None:
    deploy = ("deploy", "CdkGolden", "--require-approval", "never", f"--method={method}")
    said = cdk(*deploy)
    assert "CdkGolden.Image = m-" in said
    assert "no changes" in cdk(*deploy)
    changed = cdk("diff", "CdkGolden", image_name="golden-cdk-b")
    assert "golden-cdk-b" in changed
    cdk(*deploy, image_name="golden-cdk-b")
    shown = served.imageferry("list", "--json")
    assert '"UPDATE_COMPLETE"' in shown
    cdk("destroy", "CdkGolden", "--force")
    assert "CdkGolden" not in served.imageferry("list", "--json")
