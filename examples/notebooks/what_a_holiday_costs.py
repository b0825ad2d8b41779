# %% [markdown]
# # What does this holiday cost us?
#
# Next Monday everybody in Athens is to have the day off. Which promises move, which of them would have broken anyway, and what
# would the last quarter have looked like with one more holiday?

# %%
# pyright: reportUnusedExpression=false
import gzip
import tomllib
from collections import Counter
from pathlib import Path

import pendulum

from ticketcore import load_desk
from ticketcore.codec import history_from_lines
from ticketcore.errors import TicketcoreError
from ticketcore.extra import notebook, plots
from ticketcore.model import Outside
from ticketcore.replay import Replay, compare, moments

notebook.install()
REPLAY = next(folder / "examples" / "replay" for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "examples" / "replay").is_dir())
desk = load_desk(tomllib.loads((REPLAY / "desk.toml").read_text("utf-8")))

# %% [markdown]
# ## The week with the holiday

# %%
HOLIDAY = "2026-11-09"
off = desk.with_holiday("athens", HOLIDAY, "a day off")
notebook.week(off.hours["athens"], HOLIDAY)

# %% [markdown]
# ## The open tickets on the Friday before
#
# `redated` compares two desks over the tickets that are open now, without living through anything.

# %%
friday = pendulum.datetime(2026, 11, 6, 16, tz="Europe/Athens")
run = Replay(desk)
with gzip.open(REPLAY / "history.jsonl.gz") as lines:
    everything = list(history_from_lines(lines))
history: list[Outside] = []
for moment in moments(everything):
    if moment[0].at < friday:
        try:
            run.feed(*moment)
        except TicketcoreError:
            continue
        history += moment
for _ in run.settle(friday):
    pass
moved = list(desk.redated(run.tickets.values(), off))
print(f"{len(run.tickets):,} tickets, {len(moved):,} promises would be due at another instant")
Counter(one.metric for one in moved)

# %% [markdown]
# How many of them are due on the holiday itself, and are saved by it?

# %%
monday_night = pendulum.datetime(2026, 11, 9, 23, 59, tz="Europe/Athens")
saved = [one for one in moved if one.saves(int(monday_night.timestamp() * 1_000_000))]
print(f"{len(saved)} promises fall due by Monday night; with the holiday they do not")

# %% [markdown]
# One of them as a ribbon, without and with the holiday (the due instant moves by a day):

# %%
one = (saved or moved)[0]
plots.ribbon(desk, run.tickets[one.ticket], metrics=[one.metric])

# %%
with_holiday = off.adopt(run.tickets[one.ticket], friday, desk).ticket
plots.ribbon(off, with_holiday, metrics=[one.metric])

# %% [markdown]
# ## The quarter with one more holiday
#
# The customers and the agents do what they did; only the promises are counted anew. So this is what the holiday costs or spares in
# *promises*, not what the colleagues would have had to do on Tuesday.

# %%
whole: list[Outside] = []
again = Replay(desk)
for moment in moments(everything):
    try:
        again.feed(*moment)
    except TicketcoreError:
        continue
    whole += moment
quarter = compare(desk, off, whole)
quarter

# %%
plots.comparison(quarter)
