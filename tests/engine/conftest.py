"""Runs of the Runner, made quick."""

from __future__ import annotations

import pytest
import yapf.yapflib.yapf_api


@pytest.fixture(autouse=True, scope="session")
def _plain_config_text():
    """MMEngine formats the whole config for each checkpoint, which takes longer than training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yapf.yapflib.yapf_api, "FormatCode", lambda text, **_: (text, True))
        yield
