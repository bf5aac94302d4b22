"""mmda: remote-sensing domain adaptation for semantic segmentation, on MMSegmentation.

The API is imported when one of its names is: ``from mmda import train, test``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmda.api import TestResult, TrainResult, test, train

__version__ = "0.1.0"
__all__ = ["TestResult", "TrainResult", "__version__", "test", "train"]


def __getattr__(name: str) -> Any:
    """Return a function or result class of :mod:`mmda.api`."""
    if name not in __all__:
        raise AttributeError(f"module `mmda` has no attribute `{name}`")
    from mmda import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """Return the names of the API besides the module's own."""
    return sorted({*globals(), *__all__})
