"""What a crafted checkpoint holds."""

from __future__ import annotations


class Payload:
    """Calls a function while it is unpickled."""

    def __init__(self, function, *arguments) -> None:
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call
