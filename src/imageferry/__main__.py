"""`python -m imageferry`: the command line."""

from __future__ import annotations

from imageferry.cli.main import main

if __name__ == "__main__":
    main()
