"""`python -m logdiag` is the command `logdiag`."""

from __future__ import annotations

from logdiag.faces.cli import main

if __name__ == "__main__":
    main()
