"""`python -m vibecraft.answers /health`: ends with code 0 if the site of this machine answers there."""

from __future__ import annotations

import os
import sys

from vibecraft.supervisor import answers


def main(path: str) -> int:
    return 0 if answers(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}{path}") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
