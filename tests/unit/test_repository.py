"""What a newcomer meets first: README, licence, contributing, decisions, hooks, the continuous check."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/decisions/README.md")
PNG = b"\x89PNG\r\n\x1a\n"


def read(name: str) -> str:
    return (ROOT / name).read_text()


def links(page: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", read(page)) if "://" not in link]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    assert links(page)
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = ROOT / Path(page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            headings = {
                re.sub(r"[^\w -]", "", line).strip().lower()
                for line in re.findall("^#+ (.*)", target.read_text(), re.M)
            }
            assert anchor.replace("-", " ") in headings, link


def test_the_readme_shows_the_portal_on_a_desktop_and_on_a_phone() -> None:
    shown = re.findall(r"!\[[^\]]+\]\((docs/screenshots/[^)]+)\)", read("README.md"))
    assert len(shown) == len(set(shown)) >= 4
    assert {f"docs/screenshots/{path.name}" for path in (ROOT / "docs" / "screenshots").iterdir()} == set(shown)
    for name in shown:
        data = (ROOT / name).read_bytes()
        assert data.startswith(PNG), name
        assert len(data) < 150_000, name


def test_the_readme_names_every_folder_of_the_code() -> None:
    structure = read("README.md").partition("## Structure")[2].partition("```\n")[2].partition("```")[0]
    named = set(re.findall(r"^ *([\w.]+)/", structure, re.M))
    folders = {path.name for path in (ROOT / "app").iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders <= named, folders - named


def test_the_licence_is_the_one_the_pages_name() -> None:
    assert read("LICENSE").lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "Version 3, 19 November 2007" in read("LICENSE")
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "(LICENSE)" in read(page)


def test_every_decision_is_listed_once_in_the_order_of_its_number() -> None:
    records = sorted(
        path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md") if "template" not in path.name
    )
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+\.md)\) \| \S", read("docs/decisions/README.md"), re.M)
    assert [name for _, name in listed] == records
    assert all(name.startswith(f"{number}-") for number, name in listed)


@pytest.mark.parametrize("heading", ["## Context", "## Decision", "## Consequences"])
def test_every_decision_says_why_what_and_what_follows(heading: str) -> None:
    for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        assert f"\n{heading}\n" in path.read_text(), path.name


def test_the_hooks_run_what_the_check_of_style_runs() -> None:
    hooks = set(re.findall(r"^ +entry: \S*/([\w-]+)", read(".pre-commit-config.yaml"), re.M))
    lint = read("Makefile").partition("\nlint:")[2].partition("\n\n")[0]
    assert hooks == set(re.findall(r"/bin/([\w-]+)", lint)) == {"ruff", "mypy", "lint-imports"}


def test_the_continuous_check_runs_everything_and_skips_nothing() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "export CI=true" in script.read_text()
    assert script.read_text().rstrip().endswith("exec make test")


def test_both_commands_are_explained_where_people_look() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "make demo" in read(page)
        assert "make test" in read(page)


def test_the_code_cites_no_document_that_is_not_here() -> None:
    cited = [
        (path, name)
        for path in (ROOT / "app").rglob("*.py")
        for name in re.findall(r"[\w./-]*[\w-]+\.md\b", path.read_text())
        if not (ROOT / name).exists()
    ]
    assert cited == []


def test_no_docstring_cites_a_document_by_its_bare_name() -> None:
    """A name with hyphens, a colon and a chapter, in brackets: so were documents of elsewhere cited."""
    cited = [
        (path, name)
        for folder in ("app", "bench", "migrations", "scripts", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"\((?!prefers-)(?:[a-z]+-)+[a-z]+: ", path.read_text())
    ]
    assert cited == []
