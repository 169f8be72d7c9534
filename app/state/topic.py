"""Step 1: blocks one after the other until the topic is precise."""

import reflex as rx
from reflex.event import EventSpec

from app import addresses, durations
from app.content import topics, wording
from app.content.topics import Topic
from app.services.appointments import steps
from app.services.appointments.steps import Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.state.base import call, query, visitor_of
from app.state.contact import trail
from app.state.journey import Choice, JourneyState, TrailItem


class TopicState(JourneyState):
    """The block of the topic tree that the address names, or the topic at its end."""

    choices: list[Choice] = []
    trail: list[TrailItem] = []
    back: str = addresses.OFFICE
    topic_label: str = ""
    documents: list[str] = []
    length: str = ""
    answer_title: str = ""
    answer_paragraphs: list[str] = []
    answer_link: str = ""
    answer_link_label: str = ""
    _topic_id: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the block or topic for the path in the address."""
        progress, elsewhere = await self._enter(Step.TOPIC)
        if progress is None or progress.office is None:
            return elsewhere
        kind, path = progress.office.kind, self._asked_path(progress)
        node = topics.topics_at(kind, path) or topics.topics_at(kind)
        if node is None:
            return rx.redirect(addresses.CONTACT)
        if isinstance(node, Topic) and query(self, "choix") and node.self_service is None:
            # Nothing to read before going on; going back leads to the list it was chosen from.
            return await self._settle(node.id, replace=True)
        self.trail = trail(topics.topic_trail(kind, node.path), addresses.topic_from_top)
        begins_here = node.path in ("", progress.topic_start)
        self.back = addresses.OFFICE if begins_here else self.trail[-1].href
        self._show_topic(node if isinstance(node, Topic) else None)
        children = () if isinstance(node, Topic) else node.children
        self.choices = [Choice(child.label, child.hint, addresses.topic(child.path)) for child in children]
        return None

    def _asked_path(self, progress: Progress) -> str:
        asked = query(self, "choix")
        if asked:
            return "" if asked == addresses.TOP else asked
        topic = progress.topic
        if topic is None:
            return progress.topic_start
        return topic.path if topic.self_service else topic.path.rpartition("/")[0]

    def _show_topic(self, topic: Topic | None) -> None:
        answer = topic.self_service if topic else None
        self._topic_id = topic.id if topic else ""
        self.topic_label = topic.label if topic else ""
        self.documents = list(topic.documents) if topic else []
        self.length = wording.duration(topic.minutes) if topic else ""
        self.answer_title = answer.title if answer else ""
        self.answer_paragraphs = [durations.filled(each) for each in answer.paragraphs] if answer else []
        self.answer_link = answer.link.path if answer and answer.link else ""
        self.answer_link_label = answer.link.label if answer and answer.link else ""

    @rx.event
    async def choose(self) -> EventSpec | None:
        """Settle the topic shown and go on."""
        return await self._settle(self._topic_id)

    async def _settle(self, topic_id: str, *, replace: bool = False) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.TOPIC)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(steps.choose_topic, visitor, progress.kind, topic_id)
        except (WrongChoiceError, JourneyGoneError):
            return await self._gone(Step.TOPIC) or rx.redirect(addresses.TOPIC)
        self._wait()
        return rx.redirect(addresses.CHANNEL, replace=replace)
