"""Events become lifecycles and findings. Pure: no I/O, no clock, no globals.

    detector = Detector("app", rules)
    for event in events:
        detector.on_event(event)
    changes = detector.drain(ended=True)

Read the room in this order: lifecycle, connections (with names, totals, processes, echoes,
refusals), marks, handshakes, groups, view, functions, guards, expression, checking, rulecases,
rules, judgement, heartbeat, candidates, groupings, handover, court, ending, detector, preview,
verdict.
"""

from logdiag.diagnosis.detector import Detector
from logdiag.diagnosis.rulecases import CaseSpec
from logdiag.diagnosis.rules import Rule, read_rule
from logdiag.diagnosis.surroundings import PER_CLIENT
from logdiag.diagnosis.verdict import Facts, verdict

__all__ = ["PER_CLIENT", "CaseSpec", "Detector", "Facts", "Rule", "read_rule", "verdict"]
