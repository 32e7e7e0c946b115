"""Caller: calls actions of the current official Python client, sync or async."""

from __future__ import annotations

from typing import Any

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

GOLDEN = "m-golden0000000000001"
IN_USE = "m-golden0000000000002"


class Caller:
    """Calls actions of one client, in the one way or the other."""

    def __init__(self, address: str, way: str, **config: Any) -> None:
        config = {"access_key_id": "emulator", "access_key_secret": "emulator", **config}
        self.client = Client(Config(endpoint=address, protocol="http", **config))
        self.way = way

    async def call(self, action: str, **fields: Any) -> Any:
        request = getattr(models, f"{action}Request")(**fields)
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in action).lstrip("_")
        if self.way == "sync":
            return getattr(self.client, f"{name}_with_options")(request, RuntimeOptions()).body
        method = getattr(self.client, f"{name}_with_options_async")
        return (await method(request, RuntimeOptions())).body

    async def refusal(self, action: str, **fields: Any) -> dict[str, Any]:
        try:
            await self.call(action, **fields)
        except Exception as error:
            return {
                "class": type(error).__name__,
                "code": getattr(error, "code", None),
                "status": getattr(error, "status_code", None),
                "has_request_id": bool(getattr(error, "request_id", None)),
                "retry_after": getattr(error, "retry_after", None),
            }
        return {"class": None}


def copy_fields(name: str, **more: Any) -> dict[str, Any]:
    return {
        "image_id": GOLDEN,
        "region_id": "cn-hangzhou",
        "destination_region_id": "cn-shanghai",
        "destination_image_name": name,
        **more,
    }
