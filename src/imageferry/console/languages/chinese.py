"""The console's words in Chinese, by what they are in English."""

from __future__ import annotations

from typing import Final

CHINESE: Final[dict[str, str]] = {
    "Images": "镜像",
    "Stacks": "资源栈",
}
