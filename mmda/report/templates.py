"""The templates of the pages, which share one style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmda.report.table import figure
from mmda.utils.extras import require

FOLDER = Path(__file__).parent


def template(name: str, folder: Path = FOLDER) -> Any:
    """Return a template with the filters ``figure`` and ``share`` (a number for style sheets).

    It may include ``style.css.j2``.

    Args:
        name: Name of its file.
        folder: Folder of the file.

    Raises:
        ConfigError: If jinja2 is missing.
    """
    jinja2 = require("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, FOLDER]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    environment.filters["share"] = "{:.2f}".format
    return environment.get_template(name)
