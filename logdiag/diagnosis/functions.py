"""What a rule's expression can ask: one table of values and functions.

The reference in `rules/leaks/README.md` is generated from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from logdiag.diagnosis import accounts, asks, counting, replaced
from logdiag.diagnosis.asks import Ask
from logdiag.diagnosis.baseline import BINS
from logdiag.diagnosis.baseline import MAX_CLIENTS as MAX_SPIKING
from logdiag.diagnosis.following import MAX_FOLLOWED
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.marks import MAX_CLIENTS
from logdiag.diagnosis.measures import Measure
from logdiag.diagnosis.windows import MAX_WINDOW, Seen


@dataclass(frozen=True, slots=True)
class Function:
    """One name of the language: its parameters' types, what it gives, and how it is computed."""

    name: str
    parameters: tuple[str, ...]  # measures, or "kind", "field" ... (see `checking`)
    result: Measure
    doc: str
    keeps: str  # the state behind it, and its bound
    run: Callable[..., Any]
    lives: Callable[..., Iterable[Life]] | None = None  # the connections that it counts
    events: Callable[..., Iterable[Seen]] | None = None  # the events that it counts
    of_service: Callable[..., Ask] | None = None  # the same value, where no group matters
    of_client: bool = False  # it asks about the group's client: a rule must go by client
    of_server: bool = False  # it is what it is, whoever the clients are
    of_lives: bool = False  # it asks for the group's connections, beside `lives`
    marks: Callable[..., str] | None = None  # the mark of their openings that it asks for
    # A finding names these connections, whatever else is asked: the latest so many.
    suspects: Callable[..., Iterable[Life]] | None = None
    baseline: bool = False  # its kinds are counted by the minute, one by one or as a pair
    # By its first argument: the most that it can give for a group, quickly.
    at_most: Callable[[str], Ask] | None = None
    said: Callable[..., str] | None = None  # the numbers behind it in words, for a finding
    # A finding names the connections that are meant now, whatever it named before.
    of_now: bool = False


CLIENTS = f"the latest {MAX_CLIENTS // 2:,} clients, at most twice as many"
EVENTS = f"the latest {MAX_WINDOW:,} events per kind and group"
SPIKES = f"{BINS} minutes of the service, {MAX_SPIKING:,} clients per minute and kind"
FOLLOWED = f"the latest openings of clients with several connections, at most {MAX_FOLLOWED:,}"
HISTOGRAM = "a histogram, 8 buckets per doubling"

_TABLE = (
    Function(
        "live", (), "count", "Live connections of the group.", "the connections",
        counting.count_live, counting.live,
    ),
    Function(
        "limit", (), "count",
        "How many live connections one client may have: `per_client` of the configuration (2), "
        "or twice the 95th percentile of the other clients if that is more.", "a count per client",
        lambda view: view.limit(), of_lives=True,
    ),
    Function(
        "held", (), "count",
        "Live connections of the group's client, on whatever path; 0 where it is known by its "
        "address only, which many may share.", "a count per client",
        counting.held,
    ),
    Function(
        "drift", (), "count",
        "How many more connections the server says it holds than its own lines account for.",
        "a number per server process",
        lambda view: view.service.drift, events=counting.risen_totals, of_service=asks.Drift,
        of_server=True, said=accounts.drift,
    ),
    Function(
        "opens", (), "count", "Connections of the service that opened so far.", "a number",
        lambda view: view.service.opens, of_service=asks.Opens,
    ),
    Function(
        "trend", (), "share",
        "By how much the live connections per client rise per day: the median of the slopes (Theil "
        "and Sen) between the roll-ups of an hour; 0 if they do not rise steadily for two days. "
        "Where closes name nobody, the clients are all addresses that ever came.",
        "168 roll-ups, and then at most 20,000 addresses",
        lambda view: view.service.trend.rise("live_per_client"), counting.of_several,
        of_service=asks.Rising, said=accounts.trend, of_now=True,
    ),
    Function(
        "closes", (), "count", "Connections of the service that closed so far.", "a number",
        lambda view: view.service.closes, of_service=asks.Closes, of_server=True,
    ),
    Function(
        "unnamed", (), "count", "Closes whose line does not say which connection it was.",
        "a number, and the latest lines",
        lambda view: view.service.quality.unnamed, events=counting.samples,
        of_service=asks.Unnamed, of_server=True,
    ),
    Function(
        "untimed", (), "count", "Openings and closes whose line has no time, nor one before it.",
        "a number, and the latest lines",
        lambda view: view.service.quality.untimed, events=counting.samples,
        of_service=asks.Untimed,
    ),
    Function(
        "settle", (), "duration", "The settle time S.", "nothing",
        lambda view: view.service.settle,
    ),
    Function(
        "twins", (), "count",
        "Live connections that opened within 2 s (4 lines) of another one of the same client and "
        "path, both still live.", CLIENTS,
        counting.count_twins, counting.twins, marks=lambda: "twin",
        at_most=lambda _: asks.Marked("twin"),
    ),
    Function(
        "surplus", (), "count",
        "Connections left behind that opened within 5 s (10 lines) of a loss that had been made "
        "good, or whose next one did: after a loss one more came than was lost.", CLIENTS,
        replaced.count_surplus, replaced.surplus, marks=lambda: "surplus",
        at_most=asks.Surplus,
    ),
    Function(
        "races", (), "count",
        "Losses after which those of `surplus` opened: a page that makes a loss good twice does so "
        "each time, and a tab that opens just after one loss brings all of its connections.",
        CLIENTS, replaced.races, replaced.surplus, marks=lambda: "surplus", at_most=asks.Surplus,
    ),
    Function(
        "left_behind", (), "count",
        "Live connections whose client has opened a newer one since; all of the group's where no "
        "close says whose it is.", FOLLOWED,
        counting.count_left_behind, counting.left_behind,
        of_client=True, suspects=counting.latest_left_behind, at_most=asks.Live,
    ),
    Function(
        "loads", (), "count",
        "Connections that the client opened since it last had none, and those before that it "
        "closed in time, less those before that it left behind; 0 until it has several. All that "
        "are live where no close says whose it is.",
        f"{FOLLOWED}; what was before of the latest 20,000 clients", counting.loads, of_client=True,
    ),
    Function(
        "orphans", (), "count",
        "Connections left behind on which no `message` ever went, though since they were left "
        "behind one went over another connection of the client: nobody subscribed there. None "
        "where the log does not say over which connection messages go.", FOLLOWED,
        counting.count_orphans, counting.orphans,
        of_client=True, at_most=asks.Live,
    ),
    Function(
        "chance", (), "share",
        "How likely it is at most that any of the clients had so few of its connections left "
        "behind closed by now, if these closed like those of the service that nobody followed, or "
        "like what others left behind where that closes one by one (comparison of two Poisson "
        "rates, times the clients). Until 8 of these closed, 0 where at most 4 clients are there: "
        "then only `for` and guards decide. And 0 for a client of whom more stays at each load, "
        "where in nine of ten visits with several connections all went at once, with the tab; or, "
        "from the eighth of such loads on, where four others hold one at a time, and next to "
        "nobody several.",
        f"{FOLLOWED}; the latest 64 visits", counting.chance,
        of_client=True,
    ),
    Function(
        "count", ("kind",), "count", "Events of that kind within the window.", EVENTS,
        counting.count, events=counting.events, at_most=asks.Kept, said=accounts.count,
    ),
    Function(
        "recent", ("kind", "duration"), "count",
        "Events of that kind within the window that are no older than that; all of them without a "
        "clock.", EVENTS, counting.recent, events=counting.events_since, at_most=asks.Kept,
    ),
    Function(
        "distinct", ("field",), "count",
        "Different values of that field among the window's events.", EVENTS, counting.distinct,
    ),
    Function(
        "pairs", ("kind", "kind"), "count",
        "How often, within the window, an event of the first kind is followed by one of the "
        "second.", EVENTS, counting.pairs, events=counting.events, at_most=asks.Kept,
    ),
    Function(
        "spike", ("logged kind",), "count",
        "By how much a minute of the service within the window had more events of that kind than "
        "the median of the hour before; 0 if not by 6 MAD (median absolute deviations) and by 5. 0 "
        "before 10 minutes of log, and without a clock.", SPIKES,
        counting.spike, events=counting.events, baseline=True,
    ),
    Function(
        "together", ("logged kind", "logged kind"), "count",
        "In how many minutes of the last hour events of the second kind spiked, and a client of "
        "the spike had one of the first kind, too.", SPIKES,
        lambda view, first, second: view.service.baselines.together(first, second),
        events=counting.events, baseline=True,
    ),
    Function(
        "shared", ("logged kind", "logged kind"), "share",
        "How many of the clients in these spikes had one of the first kind.", SPIKES,
        lambda view, first, second: view.service.baselines.share(first, second),
        events=counting.events, baseline=True,
    ),
    Function(
        "lift", ("logged kind", "logged kind"), "share",
        "That share over the share of all clients that had one in the hour: 1 is chance, 3 is a "
        "lot.",
        SPIKES,
        lambda view, first, second: view.service.baselines.lift(first, second),
        events=counting.events, baseline=True,
    ),
    Function(
        "rise", ("series",), "count",
        "`rise(live)`: connections that opened within the window and are still live.",
        "the connections",
        counting.count_risen, counting.risen,
    ),
    Function(
        "variation", ("kind",), "share",
        "How much the intervals between events of that kind vary within the window: their standard "
        "deviation over their mean; a clockwork has 0, chance about 1. Of the latest 64; infinite "
        "without a clock.", EVENTS,
        counting.variation, events=counting.events, said=accounts.variation,
    ),
    Function(
        "opened_after", ("prior kind",), "count",
        "How many refused requests (`auth_failure`; those to sign in do not count), losses "
        "(`closed`, `reconnect`) or unmounts while still connecting (`cleanup` with state 0) came "
        "just before (5 s, 10 lines) the opening of a connection that is still live; or openings "
        "(`opened`) of the same client and path (2 s, 4 lines).", CLIENTS,
        counting.count_after, counting.after, marks=counting.mark_of,
        at_most=lambda kind: asks.Proven(counting.mark_of(kind)),
    ),
    Function(
        "followed_after", ("prior kind",), "count",
        "Connections left behind whose client opened the next one just after such an event: it is "
        "the next opening that shows why the one before was not closed. The same as "
        "`opened_after` where no close says whose it is.", FOLLOWED,
        counting.count_left_behind, counting.left_behind,
        of_client=True, at_most=lambda kind: asks.Followed(counting.mark_of(kind)),
    ),
    Function(
        "older", ("duration",), "count", "Live connections at least that old.", "the connections",
        counting.count_older, counting.older, said=accounts.older,
    ),
    Function(
        "lifetime", ("quantile",), "duration",
        "A quantile (`p50`, `p99.5`) of the lifetimes of the service's closed connections.",
        HISTOGRAM,
        lambda view, share: view.service.lifetimes.quantile(share) or counting.INFINITE,
        said=accounts.lifetime,
    ),
    Function(
        "lived", ("duration", "duration"), "share",
        "How many of the service's closed connections lived from the first to the second duration, "
        "to within 9%.", HISTOGRAM,
        lambda view, least, most: view.service.lifetimes.share(least, most),
        events=counting.lived, of_service=asks.Lived, of_server=True, said=accounts.lived,
    ),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
