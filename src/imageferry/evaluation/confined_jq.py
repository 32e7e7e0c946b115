"""The jq programs of templates, run inside the child process."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any, Final

import jq

from imageferry.evaluation.confined import serve

_MOST_OUTPUTS: Final = 100_000
_LONGEST_OUTPUT: Final = 4_194_304

_compiled = lru_cache(maxsize=16)(jq.compile)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """`{"script", "text", "first"}` to `{"outputs": [JSON value]}` or `{"fault": words}`."""
    try:
        outputs = iter(_compiled(request["script"]).input_text(request["text"]))
        most = 1 if request["first"] else _MOST_OUTPUTS + 1
        found = list(islice(outputs, most))
    except ValueError as fault:
        return {"fault": str(fault)}
    if len(found) > _MOST_OUTPUTS:
        return {"fault": f"it gives more than {_MOST_OUTPUTS} outputs"}
    return {"outputs": found}


def main() -> None:
    """Serve until the parent goes away."""
    # The first program is the slow one, and jq then has read all it will ever read.
    _compiled(".").input_text("null").first()
    serve(answer)
