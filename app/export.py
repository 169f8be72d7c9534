"""`reflex export` in a process of its own, which bundles only what differs: `python -m app.export COMPILED`.

COMPILED is the fingerprint of what the pages in use were compiled to. app/frontend.py runs this and takes the result.
"""

import gc
import sys
from collections.abc import Callable

from reflex.reflex import cli
from reflex.utils import build

from app import frontend


def main() -> None:
    """Compile as `reflex export` does, and go on to Vite if that made something else than COMPILED."""
    # A fifth of the time went into looking for garbage among what is needed to the end.
    gc.disable()
    bundle: Callable[[], None] = build.build

    def bundle_if_changed() -> None:
        if not frontend.is_compiled_to(sys.argv[1]):
            bundle()

    # Reflex's last step. Should it get another name, the comparison is lost, never a build.
    build.build = bundle_if_changed
    cli(["export", "--frontend-only", "--no-zip", "--loglevel", "warning"])


if __name__ == "__main__":
    main()
