"""The functions behind the command line, for Python: ``from mmda import train, test``.

None of them imports torch before it is called and needs it.
"""

from mmda.api.training import TestResult, TrainResult, test, train

__all__ = ["TestResult", "TrainResult", "test", "train"]
