"""The contact tree leads everywhere it should, and every topic can be booked."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import topics
from app.content.topics import Block, ContactNode, Topic
from app.models import Channel, OfficeKind

KINDS = [kind.value for kind in OfficeKind]


def nodes_of(node: ContactNode) -> Iterator[ContactNode]:
    yield node
    for child in node.children:
        yield from nodes_of(child)


def contact_nodes() -> list[ContactNode]:
    top = topics.contact_block("")
    assert top is not None
    return list(nodes_of(top))


def topics_under(node: Block | Topic | None) -> list[Topic]:
    if isinstance(node, Block):
        return [found for child in node.children for found in topics_under(child)]
    return [node] if isinstance(node, Topic) else []


def test_the_path_of_the_leaflet_leads_to_the_office_of_individuals_and_its_income_tax_topics() -> None:
    trail = topics.contact_trail("particulier/dossier/calcul/revenu")
    assert [node.label for node in trail] == [
        "Particulier",
        "Votre dossier fiscal (domicile en France)",
        "Le calcul de vos impôts",
        "Votre impôt sur le revenu/prélèvements sociaux",
    ]
    leaf = trail[-1]
    assert leaf.is_leaf
    assert leaf.needs_address
    assert leaf.office_kind == OfficeKind.INDIVIDUALS
    block = topics.topics_at("individuals", leaf.topic_path)
    assert isinstance(block, Block)
    assert block.label == leaf.label


def test_the_contact_tree_starts_with_individuals_professionals_and_non_residents() -> None:
    top = topics.contact_block("")
    assert top is not None
    assert [child.label for child in top.children] == ["Particulier", "Professionnel", "Non-résident"]


def test_each_contact_leaf_leads_to_topics_or_gives_an_answer_but_never_both() -> None:
    for node in contact_nodes():
        ends = [bool(node.children), node.office_kind is not None, node.answer is not None]
        assert ends.count(True) == 1, node.path
        if node.office_kind is not None:
            assert topics_under(topics.topics_at(node.office_kind, node.topic_path)), node.path


def test_a_contact_leaf_under_a_person_leads_to_the_kind_of_office_of_that_person() -> None:
    expected = {"particulier": "individuals", "professionnel": "companies", "non-resident": "non_residents"}
    for node in contact_nodes():
        if node.office_kind is not None:
            assert node.office_kind == expected[node.path.split("/")[0]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_topic_can_be_reached_from_the_contact_page(kind: str) -> None:
    reached = {
        topic.id
        for node in contact_nodes()
        if node.office_kind == kind
        for topic in topics_under(topics.topics_at(kind, node.topic_path))
    }
    assert reached == {topic.id for topic in topics.all_topics() if topic.kind == kind}


def test_only_offices_with_an_area_need_an_address() -> None:
    for node in contact_nodes():
        assert node.needs_address == (node.office_kind in {"individuals", "companies"}), node.path


def test_an_answer_without_an_office_comes_with_the_telephone_assistance() -> None:
    node = topics.contact_block("professionnel/teleprocedures")
    assert node is not None
    assert node.label == "Une assistance aux téléprocédures"
    assert node.answer is not None
    assert node.assistance == topics.assistance()
    assert node.office_kind is None


def test_no_level_has_more_than_eight_choices_nor_two_that_read_the_same() -> None:
    for node in contact_nodes():
        labels = [child.label for child in node.children]
        assert len(labels) <= 8
        assert len(set(labels)) == len(labels), node.path
    for kind in KINDS:
        check_choices(topics.topics_at(kind))


def check_choices(node: Block | Topic | None) -> None:
    if isinstance(node, Block):
        labels = [child.label for child in node.children]
        assert 2 <= len(labels) <= 8, node.path
        assert len(set(labels)) == len(labels), node.path
        for child in node.children:
            check_choices(child)


def test_there_are_at_least_seventy_topics_spread_over_the_three_kinds() -> None:
    found = topics.all_topics()
    assert len(found) >= 70
    assert len({topic.id for topic in found}) == len(found)
    assert len({(topic.kind, topic.label) for topic in found}) == len(found)
    for kind in KINDS:
        assert sum(topic.kind == kind for topic in found) >= 20


def test_topics_lie_two_to_three_choices_deep() -> None:
    for topic in topics.all_topics():
        assert 2 <= len(topics.topic_trail(topic.kind, topic.path)) <= 3, topic.path


def test_at_least_twenty_topics_are_answered_before_an_appointment_is_offered() -> None:
    assert sum(topic.self_service is not None for topic in topics.all_topics()) >= 20


def test_topics_use_the_channels_of_the_offices_and_every_mix_occurs() -> None:
    known = {channel.name.lower() for channel in Channel if channel.name}
    assert set(topics.CHANNELS) == known
    mixes = {topic.channels for topic in topics.all_topics()}
    assert {("counter", "phone"), ("phone",), ("counter",), ("counter", "phone", "video")} <= mixes
    assert {topic.minutes for topic in topics.all_topics()} == {30, 60}


def test_most_topics_are_received_at_the_counter_and_called_back() -> None:
    found = topics.all_topics()
    assert sum({"counter", "phone"} <= set(topic.channels) for topic in found) > len(found) / 2


def test_the_kinds_are_those_of_the_offices() -> None:
    assert set(topics.kinds()) == set(KINDS)


def test_a_topic_is_found_by_its_identifier_and_at_its_path() -> None:
    for topic in topics.all_topics():
        assert topics.topic(topic.id) is topic
        assert topics.topics_at(topic.kind, topic.path) is topic
        assert topics.topic_trail(topic.kind, topic.path)[-1] is topic


@given(st.text(max_size=60))
def test_an_unknown_path_or_identifier_finds_nothing(text: str) -> None:
    path = f"inconnu/{text}"
    assert topics.contact_block(path) is None
    assert topics.contact_trail(path) == ()
    assert topics.topic(path) is None
    assert topics.topics_at("individuals", path) is None
    assert topics.topic_trail("individuals", path) == ()
    assert topics.topics_at(path) is None


@pytest.mark.parametrize("path", ["/", "particulier/", "/particulier", "particulier//dossier", "Particulier", ".."])
def test_a_path_is_matched_exactly(path: str) -> None:
    assert topics.contact_block(path) is None


def test_what_the_trees_return_cannot_be_changed() -> None:
    topic = topics.all_topics()[0]
    with pytest.raises(FrozenInstanceError):
        topic.label = "Autre"  # type: ignore[misc]


def test_the_trees_are_read_once_whoever_asks() -> None:
    for cached in (topics._read, topics._topic_trees, topics._contact_nodes):
        cached.cache_clear()
    for _ in range(3):
        topics.contact_block("")
        topics.all_topics()
    assert [cached.cache_info().misses for cached in (topics._read, topics._topic_trees, topics._contact_nodes)] == [
        2,
        1,
        1,
    ]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """Give small trees that a test may spoil; the real ones come back afterwards."""
    topic = {"id": "t", "label": "T", "hint": "t", "channels": ["phone"], "minutes": 30, "documents": []}
    leaf = {"id": "b", "label": "B", "hint": "b", "office_kind": "companies", "topic_path": "t"}
    trees: dict[str, object] = {
        "topic_tree.json": {"kinds": {"companies": {"label": "C", "hint": "c", "children": [topic]}}},
        "contact_tree.json": {"assistance": {"phone": "", "hours": ""}, "blocks": [leaf]},
        "topic": topic,
        "leaf": leaf,
    }
    monkeypatch.setattr(topics, "_read", trees.__getitem__)
    forget = (topics._topic_trees, topics._contact_nodes)
    for cached in forget:
        cached.cache_clear()
    yield trees
    for cached in forget:
        cached.cache_clear()


def test_a_small_pair_of_trees_loads(files: dict[str, object]) -> None:
    node = topics.contact_block("b")
    assert node is not None
    assert node.topic_path == "t"


def test_two_topics_of_the_same_name_are_refused(files: dict[str, object]) -> None:
    twin = {"id": "x", "label": "X", "hint": "x", "children": [files["topic"]]}
    files["topic_tree.json"]["kinds"]["companies"]["children"].append(twin)  # type: ignore[index]
    with pytest.raises(topics.ContentError, match="two topics are called t"):
        topics.all_topics()


def test_two_choices_of_the_same_path_are_refused(files: dict[str, object]) -> None:
    files["topic_tree.json"]["kinds"]["companies"]["children"].append(files["topic"])  # type: ignore[index]
    with pytest.raises(topics.ContentError, match="companies:t"):
        topics.all_topics()


def test_two_contact_choices_of_the_same_path_are_refused(files: dict[str, object]) -> None:
    files["contact_tree.json"]["blocks"].append(files["leaf"])  # type: ignore[index]
    with pytest.raises(topics.ContentError, match="share the path b"):
        topics.contact_block("")


def test_an_unknown_channel_is_refused(files: dict[str, object]) -> None:
    files["topic"]["channels"] = ["fax"]  # type: ignore[index]
    with pytest.raises(topics.ContentError, match="unknown channel"):
        topics.all_topics()


def test_a_contact_leaf_that_leads_nowhere_is_refused(files: dict[str, object]) -> None:
    files["leaf"]["topic_path"] = "nowhere"  # type: ignore[index]
    with pytest.raises(topics.ContentError, match="companies:nowhere"):
        topics.contact_block("")
