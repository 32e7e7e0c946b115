"""How the properties are tried: the same examples every time, unless new ones are wanted."""

from __future__ import annotations

import os

from hypothesis import settings

# A run that others wait for must not depend on luck; IMAGEFERRY_EXPLORE=1 looks for what is new.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("exploring" if os.environ.get("IMAGEFERRY_EXPLORE") == "1" else "steady")
