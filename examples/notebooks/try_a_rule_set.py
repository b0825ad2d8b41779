# %% [markdown]
# # Try a rule set on a real-looking quarter
#
# Before a rule goes live: what would it have done last quarter? The history is that of the demo, three months of a help desk in six
# languages (`examples/replay`); yours comes out of your own event log. Nothing here sends or stores anything.

# %%
# pyright: reportUnusedExpression=false
import gzip
import tomllib
from pathlib import Path

from ticketcore import Outcome, load_desk
from ticketcore.codec import history_from_lines
from ticketcore.errors import TicketcoreError
from ticketcore.extra import notebook, plots
from ticketcore.lint import lint
from ticketcore.model import Outside
from ticketcore.replay import Replay, compare, moments
from ticketcore.report import report

notebook.install()
REPLAY = next(folder / "examples" / "replay" for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "examples" / "replay").is_dir())
data = tomllib.loads((REPLAY / "desk.toml").read_text("utf-8"))
desk = load_desk(data)

# %% [markdown]
# ## The quarter as it was
#
# The history is messy, as histories are: some events come twice or were forbidden. Those the desk refuses are left out here, so that
# both desks see the same.

# %%
run = Replay(desk)
outcomes: list[Outcome] = []
history: list[Outside] = []
with gzip.open(REPLAY / "history.jsonl.gz") as lines:
    for moment in moments(history_from_lines(lines)):
        try:
            outcomes.append(run.feed(*moment))
        except TicketcoreError:
            continue
        history += moment
end = max(event.at_us for event in history)
outcomes += run.settle(end)
quarter = report(outcomes)
quarter

# %%
plots.backlog(quarter)

# %%
plots.compliance(quarter, "priority")

# %% [markdown]
# ## The trial
#
# Two changes: everything that mentions money becomes high, and a standard customer is promised a first answer in six hours rather
# than eight.

# %%
trial_data = {**data, "name": "trial", "rules": [*data["rules"]], "sla": [dict(policy) for policy in data["sla"]]}
trial_data["rules"].insert(0, {
    "name": "money is high", "on": ["created"], "when": {"field": "text", "contains": ["refund", "charge", "возврат", "atmaks"]},
    "then": [{"set_priority": "high"}],
})  # fmt: skip
for policy in trial_data["sla"]:
    if policy["name"] == "standard":
        policy["targets"] = {**policy["targets"], "first_reply": {**policy["targets"]["first_reply"], "else": "6h"}}
trial = load_desk(trial_data)

# %% [markdown]
# Does the set make sense at all?

# %%
lint(trial)

# %% [markdown]
# ## The difference

# %%
difference = compare(desk, trial, history, until=end)
difference

# %%
plots.comparison(difference)

# %% [markdown]
# One of the tickets that differ, and why its promise is due when it is:

# %%
first = difference.tickets[0]
print(first)

# %%
trial_run = Replay(trial)
for _ in trial_run.over(event for event in history if event.ticket == first.ticket):
    pass
ticket = trial_run.tickets[first.ticket]
trial.why_due(ticket, "first_reply")

# %%
plots.ribbon(trial, ticket)

# %% [markdown]
# ## Would the team notice?
#
# When tickets come, against the hours in which somebody is there:

# %%
plots.arrivals(quarter, desk.hours["athens"])
