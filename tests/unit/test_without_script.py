"""Whoever reads without JavaScript is told on each page that needs it, once, and what to do instead."""

import re
from pathlib import Path

import reflex as rx

from app.components import layout, notices
from app.pages import contact, home, information, personal_sign_in, sign_in

APP = Path(__file__).resolve().parents[2] / "app"
NEEDED = "Ce site a besoin de JavaScript"
# Pages of which all that is said stands in what is served.
_READ_AS_THEY_ARE = {"pages/information.py": 3, "pages/space_data.py": 1}


def told(page: rx.Component) -> int:
    return str(page.render()).count(NEEDED)


def test_pages_that_need_a_script_say_so_once() -> None:
    for page in (sign_in.sign_in, personal_sign_in.sign_in, contact.contact, home.home):
        assert told(page()) == 1
    assert told(layout.page(notices.waiting())) == 1


def test_pages_that_only_say_something_are_left_alone() -> None:
    for page in (information.information("aide"), information.site_map(), information.not_found()):
        assert told(page) == 0
    found = {
        path.relative_to(APP).as_posix(): count
        for path in sorted(APP.rglob("*.py"))
        if (count := len(re.findall(r"\bto_read=True", path.read_text())))
    }
    assert found == _READ_AS_THEY_ARE


def test_what_waits_for_a_script_is_hidden_where_there_is_none() -> None:
    style = (APP.parent / "assets" / "guichet.css").read_text()
    [rule] = re.findall(r"@media \(scripting: none\) \{ ([^{]*)\{ display: none; \} \}", style)
    assert {each.strip() for each in rule.split(",")} == {".waiting", "main form.form"}
