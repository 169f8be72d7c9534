"""Who is sent elsewhere reads why: the words, and that no guard forgets them."""

import ast
from datetime import timedelta

from app import clock
from app.content import detours
from app.frontend import PROJECT
from app.services.appointments.records import NotOfferedError
from app.services.appointments.seats import BegunError, NotPlannedError, SlotGoneError, TooNearError
from app.services.appointments.steps import WrongChoiceError
from app.state.detour import why_ended
from app.state.journey import why_gone

STATES = PROJECT / "app" / "state"
# A press that says itself where it leads, a browser without cookies (the page says so), what cannot be missing once
# the step before is settled: nobody is surprised there.
_LED = {
    "account_journey.py": {"resume", "restart", "leave"},
    "again.py": {"book_again"},
    "contact.py": {"_choose"},
    "details.py": {"_book", "_move", "load"},
    "journey.py": {"resume", "restart", "leave"},
    "topic.py": {"load"},
    "waiting_list.py": {"_join"},
}
_BEGINNINGS = {
    "CONTACT",
    "SPACE_CHOICE",
    "PROFESSIONAL_SIGN_IN",
    "PERSONAL_SIGN_IN",
    "_beginning",
    "_way_in",
    "_way_out",
}


def silent(source: str) -> set[str]:
    """Return the functions that lead to where something begins without a word."""
    return {
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "rx.redirect"
        and isinstance(call.args[0], ast.Attribute)
        and call.args[0].attr in _BEGINNINGS
    }


def test_no_guard_leads_to_a_beginning_without_a_word() -> None:
    found = {path.name: silent(path.read_text()) - _LED.get(path.name, set()) for path in STATES.glob("*.py")}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_a_guard_without_a_word_is_found() -> None:
    assert silent("async def load(self):\n    return rx.redirect(addresses.CONTACT)") == {"load"}


def test_each_cause_for_which_a_time_is_gone_has_its_own_words() -> None:
    causes = (SlotGoneError(), TooNearError(), NotPlannedError(), BegunError())
    taken, near, closed, begun = map(why_gone, causes)
    assert len({taken, near, closed, begun}) == 4
    assert [text for text in (taken, near, closed, begun) if " ou " in text] == []
    assert "autre personne" in taken
    assert "autre personne" not in near + closed + begun
    assert {why_gone(error) for error in (NotOfferedError(), WrongChoiceError())} == {closed}


def test_each_end_of_a_journey_that_is_known_has_its_own_words() -> None:
    now = clock.now()
    yesterday, lately = ((now - timedelta(**ago)).isoformat() for ago in ({"hours": 25}, {"hours": 23}))
    with clock.moved(now):
        assert why_ended(lately, is_finished=False, has_expired=True) == detours.EXPIRED
        assert why_ended(lately, is_finished=True) == detours.FINISHED
        assert why_ended(yesterday, is_finished=False) == detours.EXPIRED
        # Erased in another tab, by its person or by the job: nothing is left that would tell.
        assert why_ended(lately, is_finished=False) == why_ended("", is_finished=False) == detours.ENDED
    assert "effacé" in detours.EXPIRED
    assert "vingt-quatre heures" in detours.EXPIRED


HEDGED = {"ENDED", "ENDED_ELSEWHERE", "UNKNOWN"}
"""What hedges: of the first nothing is left that would tell, of the second who ended it, the third offers two ways."""


def test_no_sentence_hedges_what_the_server_knows() -> None:
    assert {name for name, text in vars(detours).items() if name.isupper() and " ou " in text} == HEDGED


def test_every_sentence_says_what_now_in_full() -> None:
    words = [text for name, text in vars(detours).items() if name.isupper()]
    assert len(words) == len(set(words)) > 10
    assert [text for text in words if not text.endswith(".") or " :" in text] == []
