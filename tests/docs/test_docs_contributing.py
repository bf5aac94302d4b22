"""What contributors and GitHub read agrees with the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import mmda

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", ".github/pull_request_template.md")
TOP = {path.name for path in ROOT.iterdir()}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def called(workflow: Path) -> set[str]:
    """The make targets that a workflow calls."""
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    runs = "\n".join(step.get("run", "") for step in steps(workflow))
    found = set(re.findall(r"^make ([a-z-]+)", runs, re.MULTILINE))
    for job in content["jobs"].values():
        if "make ${{ matrix.target }}" in runs:
            found |= set(job["strategy"]["matrix"]["target"])
    return found


def test_workflows_call_targets_of_the_makefile():
    calls = {workflow.stem: called(workflow) for workflow in WORKFLOWS}
    assert calls["checks"] == {"check", "wheel-check", "docs"}
    assert calls["tests"] == {"test"}
    assert calls["release"] == {"setup", "check", "test", "wheel-check"}
    assert set().union(*calls.values()) <= targets()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_says_what_has_not_run_and_may_only_read(workflow):
    content = workflow.read_text(encoding="utf-8")
    assert "\n# Not run yet: " in content
    assert yaml.safe_load(content)["permissions"] == {"contents": "read"}


def test_only_the_job_that_publishes_has_an_identity():
    jobs = yaml.safe_load(text(".github/workflows/release.yml"))["jobs"]
    granted = {name: job["permissions"] for name, job in jobs.items() if "permissions" in job}
    assert granted == {"publish": {"id-token": "write"}}
    assert [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


def test_the_oldest_python_is_tested():
    matrix = yaml.safe_load(text(".github/workflows/tests.yml"))["jobs"]["linux"]["strategy"]
    (oldest,) = re.findall(r'^requires-python = ">=([\d.]+)"$', text("pyproject.toml"), re.M)
    assert matrix["matrix"]["python"][0] == oldest


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_questions(form):
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert content["name"] and content["description"]
    questions = [part for part in content["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in questions}) == len(questions) > 0
    if form.stem == "bug":
        assert "`mmda env`" in str(questions)


def test_versions_and_licences_agree():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert all(citation[key] for key in ("message", "title", "authors"))
    assert citation["version"] == mmda.__version__
    for key, value in (("version", mmda.__version__), ("license", citation["license"])):
        assert f'\n{key} = "{value}"\n' in text("pyproject.toml")


@pytest.mark.parametrize("page", PAGES)
def test_paths_and_targets_that_a_page_names_exist(page, links):
    content = text(page)
    spans = re.findall(r"`([\w./-]+)`", links.FENCE.sub("", content))
    named = {span for span in spans if span.split("/")[0] in TOP}
    named |= {links.resolve(page, link) for link, _ in links.links(content)}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", content, re.MULTILINE)) <= targets()


def test_the_code_map_has_every_package():
    packages = {path.parent.name for path in (ROOT / "mmda").glob("*/__init__.py")}
    code_map = text("CONTRIBUTING.md").partition("## Code map")[2]
    assert packages <= set(re.findall(r"`mmda/([a-z]+)`", code_map))


def test_the_image_is_given_what_it_copies():
    copies = re.findall(r"^COPY (.+) \S+$", text("Dockerfile"), re.MULTILINE)
    names = {name for line in copies for name in line.split()}
    kept = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert names == kept and all((ROOT / name).exists() for name in names)
