"""Every behaviour that the product owes is shown by a test or names the issue that delivers it, and the page says so."""

from __future__ import annotations

import pytest

from seed_coverage import COUNT, PAGE, coverage, marks, page, read

ROWS = "\n".join(f'[S{number}]\ndoes = "core"\ntext = "x"\nissue = 6' for number in range(1, COUNT + 1))
TEST = (
    '@pytest.mark.seed("S1")\n@pytest.mark.parametrize("x", [1])\n@pytest.mark.seed("S2", "S3")\ndef test_it(): pass\ndef test_no(): pass\n'
)


def test_no_row_is_silently_missing() -> None:
    assert read().problems == ()


def test_the_page_is_what_the_script_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read()), "run python tests/seed_coverage.py"


def test_marks_are_found_wherever_they_stand() -> None:
    assert list(marks(TEST)) == [("test_it", ("S1", "S2", "S3"))]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("issue = 6", "issue = 6", []),
    ("\nissue = 6", "", [f"S{number}: no test shows it, and no issue is named that delivers it" for number in range(4, COUNT + 1)]),
    ("[S129]", "[S130]", ["the rows are not S1 to S129, each once and in order"]),
    ('"core"\ntext = "x"\nissue = 6', '"none"\ntext = "x"', ["S1: why is it outside the library's job?"]),
    ('"core"\ntext = "x"', '"cors"\ntext = "x"', ["S1: it needs a text, and does is of core, effect, none"]),
])  # fmt: skip
def test_what_is_wrong_with_the_rows_is_said(old: str, new: str, said: list[str]) -> None:
    rows = ROWS.replace(old, new, -1 if not new else 1)
    shown = TEST if not new else ""
    assert list(coverage(rows, {"test_x.py": shown}).problems) == said


@pytest.mark.parametrize(("mark", "said"), [
    ("S130", "test_x.py: test_it shows S130, which is no row"),
    ("S7", "test_x.py: test_it shows S7, which is outside the library's job"),
    ("S8", "S8: it is shown by test_x.py: test_it; issue = 6 is out of date"),
])  # fmt: skip
def test_what_is_wrong_with_a_mark_is_said(mark: str, said: str) -> None:
    rows = ROWS.replace('[S7]\ndoes = "core"\ntext = "x"\nissue = 6', '[S7]\ndoes = "none"\ntext = "x"\nrest = "y"')
    assert coverage(rows, {"test_x.py": f'@pytest.mark.seed("{mark}")\ndef test_it(): pass\n'}).problems == (said,)


def test_the_page_tells_what_is_shown_to_come_and_outside() -> None:
    rows = ROWS.replace('[S7]\ndoes = "core"\ntext = "x"\nissue = 6', '[S7]\ndoes = "none"\ntext = "x"\nrest = "y"')
    rows = rows.replace('[S1]\ndoes = "core"\ntext = "x"\nissue = 6', '[S1]\ndoes = "core effect"\ntext = "x"')
    told = page(coverage(rows, {"test_x.py": '@pytest.mark.seed("S1")\ndef test_it(): pass\n'}))
    assert "Of 128 rows that are the library's, 1 are shown by tests and 127 name the issue that delivers them." in told
    assert "| S1 | core and effect | x | `test_x.py: test_it` |" in told
    assert "| S2 | core | x | to come with issue 6 |" in told
    assert "| S7 | outside | x Not here: y. | - |" in told
