"""The log of edits: append-only, undone and redone, replayed to the same plan, unharmed by what stops the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.design.edits import EditLog, value_of
from oral_architect.design.plan import Plan
from oral_architect.errors import CaseError, SettingsError

CHANGES = st.sampled_from(
    [
        ("kind", "crown"),
        ("kind", None),
        ("material", "IPS e.max CAD (LS2)"),
        ("contacts.mesial_um", 30),
        ("form", "mirror"),
    ]
)
ACTIONS = st.lists(st.one_of(CHANGES, st.just("undo"), st.just("redo")), max_size=12)


@pytest.fixture
def log(tmp_path: Path) -> EditLog:
    log = EditLog(tmp_path)
    log.begin(Plan())
    return log


@settings(deadline=None, max_examples=25)
@given(ACTIONS)
def test_undo_and_redo_go_through_the_states_as_a_stack_would(
    tmp_path_factory: pytest.TempPathFactory, actions
) -> None:
    log = EditLog(tmp_path_factory.mktemp("case"))
    log.begin(Plan())
    states, now = [Plan()], 0
    for action in actions:
        if action == "undo":
            if now == 0:
                with pytest.raises(SettingsError, match="nothing to undo"):
                    log.undo()
                continue
            log.undo()
            now -= 1
        elif action == "redo":
            if now == len(states) - 1:
                with pytest.raises(SettingsError, match="nothing to redo"):
                    log.redo()
                continue
            log.redo()
            now += 1
        else:
            states = [*states[: now + 1], log.set(*action, 16)]
            now += 1
        assert log.plan() == states[now]
    assert EditLog(log.path.parent).plan() == states[now]


def test_the_log_only_grows(log: EditLog) -> None:
    sizes = [log.path.read_bytes()]
    for act in (lambda: log.set("kind", "crown", 16), log.undo, log.redo, lambda: log.set("kind", None, 16)):
        act()
        after = log.path.read_bytes()
        assert after.startswith(sizes[-1])
        assert len(after) > len(sizes[-1])
        sizes.append(after)


def test_a_line_that_was_not_finished_does_not_count_and_does_not_harm(log: EditLog) -> None:
    log.set("kind", "crown", 16)
    whole = log.path.read_bytes()
    log.set("material", "IPS e.max CAD (LS2)", 16)
    written = log.path.read_bytes()
    for length in range(len(whole), len(written)):
        log.path.write_bytes(written[:length])
        assert log.plan().tooth(16).material is None
    log.set("form", "mirror", 16)
    assert log.plan().tooth(16).form == "mirror"
    assert len(log.edits()) == 3


def test_a_log_changed_in_the_middle_is_noticed(log: EditLog) -> None:
    log.set("kind", "crown", 16)
    log.set("kind", "onlay", 16)
    log.path.write_bytes(log.path.read_bytes().replace(b'"crown"', b'"inlay"'))
    with pytest.raises(CaseError, match="damaged at line 3"):
        log.plan()


@pytest.mark.parametrize(
    ("key", "value", "tooth", "said"),
    [
        ("knd", "crown", 16, "Did you mean 'kind'"),
        ("kind", "crwn", 16, "'crown'"),
        ("kind", "crown", 19, "not a permanent tooth"),
        ("contacts.mesail_um", 3, 16, "contacts.mesial_um"),
        ("bennett_deg", 3, None, "articulator.bennett_deg"),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(log: EditLog, key: str, value: object, tooth: int, said: str) -> None:
    before = log.path.read_bytes()
    with pytest.raises(SettingsError, match=said):
        log.set(key, value, tooth)
    assert log.path.read_bytes() == before


def test_making_everything_automatic_again_gives_the_first_plan(log: EditLog) -> None:
    log.set("contacts.mesial_um", 30, 16)
    log.set("kind", "crown", 16)
    log.set("contacts.mesial_um", None, 16)
    assert log.set("kind", None, 16) == Plan()


def test_values_are_read_as_in_a_plan_file() -> None:
    assert value_of("[1, 2, 3]") == [1, 2, 3]
    assert value_of("30") == 30
    assert value_of("IPS e.max CAD (LS2)") == "IPS e.max CAD (LS2)"
    assert value_of('"mirror"') == "mirror"
    assert value_of("") is None
