"""The contact tree, which leads to a kind of office, and the topic tree that each kind of office offers.

Both are JSON files beside this module, described by `schemas/` and read once, at the first call. A path is a
chain of identifiers joined by slashes, the empty path being the top of its tree; it comes from the browser, so
every look-up answers None instead of raising.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.content.link import Link, read_link

CHANNELS = ("counter", "phone", "video")
NON_RESIDENTS = "non_residents"
_FOLDER = Path(__file__).parent


class ContentError(ValueError):
    """A content file contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class SelfService:
    """An answer that may spare an appointment, shown before one is offered."""

    title: str
    paragraphs: tuple[str, ...]
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What an appointment is about; `channels` are names from CHANNELS, `minutes` is its length."""

    id: str
    label: str
    hint: str
    kind: str
    path: str
    channels: tuple[str, ...]
    minutes: int
    documents: tuple[str, ...]
    self_service: SelfService | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A choice that opens further choices; `path` is empty for the top of a kind's tree."""

    id: str
    label: str
    hint: str
    kind: str
    path: str
    children: tuple["Block | Topic", ...]


@dataclass(frozen=True, slots=True)
class Assistance:
    """The telephone assistance: a number and its opening hours, French."""

    phone: str
    hours: str


@dataclass(frozen=True, slots=True)
class ContactNode:
    """A choice of the contact tree: either children, or a kind of office and where its topics start, or an answer."""

    id: str
    label: str
    hint: str
    path: str
    children: tuple["ContactNode", ...] = ()
    office_kind: str | None = None
    topic_path: str = ""
    answer: SelfService | None = None
    assistance: Assistance | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is left to choose here."""
        return not self.children

    @property
    def needs_address(self) -> bool:
        """Whether an address is needed to find the office; non-residents have one office for all."""
        return self.office_kind is not None and self.office_kind != NON_RESIDENTS


@dataclass(frozen=True, slots=True)
class _TopicTrees:
    nodes: Mapping[tuple[str, str], Block | Topic]
    topics: Mapping[str, Topic]


def contact_block(path: str = "") -> ContactNode | None:
    """Return the node of the contact tree at `path` (the whole tree for the empty path), None if there is none."""
    return _contact_nodes().get(path)


def contact_trail(path: str) -> tuple[ContactNode, ...]:
    """Return the nodes that lead to `path`, first choice first and `path` itself last; empty if there is none."""
    nodes = _contact_nodes()
    return tuple(nodes[step] for step in _steps(path)) if path in nodes else ()


def topics_at(kind: str, path: str = "") -> Block | Topic | None:
    """Return the block or topic at `path` in the topic tree of an office kind, None if there is none."""
    return _topic_trees().nodes.get((kind, path))


def topic_trail(kind: str, path: str) -> tuple[Block | Topic, ...]:
    """Return the blocks that lead to `path`, first choice first and `path` itself last; empty if there is none."""
    nodes = _topic_trees().nodes
    return tuple(nodes[kind, step] for step in _steps(path)) if (kind, path) in nodes else ()


def topic(topic_id: str) -> Topic | None:
    """Return the topic with this identifier, None if there is none."""
    return _topic_trees().topics.get(topic_id)


def all_topics() -> tuple[Topic, ...]:
    """Return every topic of every kind of office, in the order of the file."""
    return tuple(_topic_trees().topics.values())


def kinds() -> tuple[str, ...]:
    """Return the kinds of office that have topics."""
    return tuple(kind for kind, path in _topic_trees().nodes if not path)


def assistance() -> Assistance:
    """Return how to reach the telephone assistance."""
    return Assistance(**_read("contact_tree.json")["assistance"])


def _steps(path: str) -> Iterator[str]:
    ids = path.split("/") if path else []
    return ("/".join(ids[:length]) for length in range(1, len(ids) + 1))


def _joined(path: str, identifier: str) -> str:
    return f"{path}/{identifier}" if path else identifier


@lru_cache(maxsize=2)
def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _topic_trees() -> _TopicTrees:
    nodes: dict[tuple[str, str], Block | Topic] = {}
    topics: dict[str, Topic] = {}

    def keep(node: Block | Topic) -> None:
        if (node.kind, node.path) in nodes:
            raise ContentError(f"two choices share the path {node.kind}:{node.path}")
        nodes[node.kind, node.path] = node
        if isinstance(node, Topic):
            if node.id in topics:
                raise ContentError(f"two topics are called {node.id}")
            topics[node.id] = node

    for kind, entry in _read("topic_tree.json")["kinds"].items():
        _topic_node({"id": kind, **entry}, kind, "", keep)
    return _TopicTrees(nodes, topics)


def _topic_node(
    entry: Mapping[str, Any], kind: str, path: str, keep: Callable[[Block | Topic], None]
) -> "Block | Topic":
    node: Block | Topic
    if "children" in entry:
        children = (_topic_node(child, kind, _joined(path, child["id"]), keep) for child in entry["children"])
        node = Block(entry["id"], entry["label"], entry["hint"], kind, path, tuple(children))
    else:
        node = _topic(entry, kind, path)
    keep(node)
    return node


def _topic(entry: Mapping[str, Any], kind: str, path: str) -> Topic:
    if not set(entry["channels"]) <= set(CHANNELS):
        raise ContentError(f"unknown channel at {kind}:{path}")
    return Topic(
        id=entry["id"],
        label=entry["label"],
        hint=entry["hint"],
        kind=kind,
        path=path,
        channels=tuple(entry["channels"]),
        minutes=entry["minutes"],
        documents=tuple(entry["documents"]),
        self_service=_self_service(entry.get("self_service")),
    )


def _self_service(entry: Mapping[str, Any] | None) -> SelfService | None:
    if entry is None:
        return None
    link = read_link(entry["link"]) if "link" in entry else None
    return SelfService(entry["title"], tuple(entry["paragraphs"]), link)


@lru_cache(maxsize=1)
def _contact_nodes() -> Mapping[str, ContactNode]:
    nodes: dict[str, ContactNode] = {}
    top = {"id": "contact", "label": "Contact", "hint": "", "children": _read("contact_tree.json")["blocks"]}
    _contact_node(top, "", nodes)
    return nodes


def _contact_node(entry: Mapping[str, Any], path: str, nodes: dict[str, ContactNode]) -> ContactNode:
    children = (_contact_node(child, _joined(path, child["id"]), nodes) for child in entry.get("children", ()))
    node = ContactNode(
        id=entry["id"],
        label=entry["label"],
        hint=entry["hint"],
        path=path,
        children=tuple(children),
        office_kind=entry.get("office_kind"),
        topic_path=entry.get("topic_path", ""),
        answer=_self_service(entry.get("answer")),
        assistance=assistance() if entry.get("assistance") else None,
    )
    if node.office_kind is not None and topics_at(node.office_kind, node.topic_path) is None:
        raise ContentError(f"{path} leads to {node.office_kind}:{node.topic_path}, which does not exist")
    if path in nodes:
        raise ContentError(f"two choices share the path {path}")
    nodes[path] = node
    return node
