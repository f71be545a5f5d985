"""What compiles to C gives what the function of the language gives, of which it is the shortcut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from logdiag.diagnosis import Detector
from logdiag.diagnosis.functions import FUNCTIONS
from logdiag.diagnosis.moments import earlier
from logdiag.diagnosis.questions import OFTEN
from logdiag.diagnosis.terms import Argument, Asked, Constant, Word
from logdiag.diagnosis.view import View
from logdiag.formats import Parser, TimePolicy
from logdiag.model import SECOND, Block, Position, Source
from logdiag.simulation import CASES, Simulation, write
from logdiag.simulation import FORMATS as WRITERS
from tests.engines.running import FORMATS, RULES

ARGUMENTS: dict[str, list[Argument]] = {
    "kind": [Word("duplicated"), Word("overlap")],
    "prior kind": [Word("auth_failure"), Word("reconnect")],
    "duration": [Constant(30 * SECOND), Constant(300 * SECOND)],
    "quantile": [Word(0.5), Word(0.995)],
}
RULE = "duplicate-delivery"  # by client, within minutes
LOOKS = 25  # one in so many events


def views(case: str) -> Iterator[View]:
    """Of all clients, throughout a simulated day: as it is, and as it was a minute ago."""
    played = Simulation(CASES[case], seed=3, duration=1200, clients=8).play()
    data = "".join(f"{line}\n" for line in write(played, WRITERS["node-json"])).encode()
    block = Block(Source(1, "app", "app.log"), 0, data, Position(len(data)))
    detector = Detector("app", RULES)
    court, rule = detector._court, next(one for one in RULES if one.id == RULE)
    for place, event in enumerate(Parser(FORMATS, TimePolicy()).parse(block)):
        detector.on_event(event)
        if place % LOOKS == 0:
            now = detector._order.now
            for group in court.groupings.of(rule):
                yield court.view(rule, group, now, now)
                yield court.view(rule, group, now, earlier(now, 60 * SECOND, 0))


def test_a_shortcut_gives_what_the_function_gives() -> None:
    """Whatever it is asked with; and each is asked where there is something to tell."""
    told = dict.fromkeys(OFTEN, 0)
    for view in chain(views("D3"), views("D4")):
        for name, shortcut in OFTEN.items():
            function = FUNCTIONS[name]
            some = zip(*(ARGUMENTS[one] for one in function.parameters), strict=True)
            for arguments in list(some) or [()]:
                expected = Asked(function.run, arguments).of(view)
                assert (name, expected) == (name, shortcut(function.run, arguments).of(view))
                told[name] += expected > 0
    assert all(told.values())
