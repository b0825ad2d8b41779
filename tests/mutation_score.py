"""The mutation score of src: how many small faults, made by mutmut's operators, do the tests notice?

    make mutation                                        all the steps below, one after the other
    python tests/mutation_score.py reach                 run the tests once: which of them reach which line, and how long they take
    python tests/mutation_score.py draw --seed 2 --count 500 --rooms lint,_why_not,extra
                                                         draw mutants of these rooms or modules (of all, unless they are named),
                                                         so many from every module as its size asks for
    python tests/mutation_score.py run [--examples 50] [--again survived] [--limit 30]
                                                         run each against the tests that reach it; goes on where it was stopped
    python tests/mutation_score.py types                 which of the survivors mypy --strict refuses
    python tests/mutation_score.py report                the score, and every survivor as a difference

Which mutants there are is mutmut's affair: its operators, its rule on what is left alone (decorated functions, annotations, what is not
in a function). How they are run is ours, because `mutmut run` would collect the tests anew for each of several ten thousand: here the
tests are collected once, and each mutant is put into a forked copy of that process, in the place of the function it is a fault in.
Everything is kept in build/mutation. docs/development/mutation.md has the method, the figures and the survivors.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import gc
import hashlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

import pytest
from attrs import asdict, frozen
from coverage import Coverage, CoverageData
from hypothesis import HealthCheck, Phase, settings

from test_import_map import PART_OF

ROOT: Final = Path(__file__).parents[1]
SRC: Final = ROOT / "src"
KEPT: Final = ROOT / "build" / "mutation"
REACH: Final = KEPT / "reach.coverage"
SECONDS: Final = KEPT / "seconds.json"
SEED: Final = 1
COUNT: Final = 1000
LIMIT_S: Final = 60  # of tests a mutant: one that is not noticed by then has survived
STUCK_S: Final = 900  # a test that waits for ever
# What runs other processes, in which no mutant is, or the documentation, whose blocks are there to be read: never taken for a test of src.
LEFT_OUT: Final = (
    "test_packaging.py", "test_demo.py", "test_docs.py", "test_examples.py", "test_import_map.py", "test_pure.py", "test_scaling.py",
)  # fmt: skip
KILLED: Final = frozenset({"killed", "timeout"})
TYPED: Final = "refused by mypy"


@frozen(kw_only=True)
class Fault:
    """One mutant: *text* in the place of the characters from *start* to *end* of *path*, inside *function*, which begins at *first*."""

    name: str
    path: str
    function: str
    first: int
    start: int
    end: int
    text: str
    kind: str
    lines: tuple[int, int]
    of: str = ""  # the digest of the file

    @property
    def room(self) -> str:
        """The room it is in, as tests/test_import_map.py has them; the strategies and the rest of extra are one each."""
        return room_of(Path(self.path))

    def applied(self) -> str:
        source = (ROOT / self.path).read_text(encoding="utf-8")
        if self.of not in ("", digest(source)):
            raise SystemExit(f"{self.path} is not what the mutants were drawn from: draw them anew")
        return source[: self.start] + self.text + source[self.end :]

    def difference(self) -> str:
        before = (ROOT / self.path).read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(before, self.applied().splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def room_of(path: Path) -> str:
    if "extra" in path.parts:
        return "extra.strategies" if "strategies" in path.parts else "extra"
    return PART_OF.get(path.stem, path.stem)


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:12]


# --- which tests reach which line ---------------------------------------------------------------------------------------


class Reach:
    """The plug-in that notes, for every test, the lines of src it runs and the seconds it takes. A test that fails is left out."""

    def __init__(self) -> None:
        self.coverage = Coverage(data_file=str(REACH), source=[str(SRC)], branch=False, config_file=False)
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        self.coverage.erase()
        self.coverage.start()
        result = yield
        self.coverage.stop()
        self.coverage.save()
        good = {test: took for test, took in self.seconds.items() if test not in self.failed}
        SECONDS.write_text(json.dumps(good, indent=0), encoding="utf-8")
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        result = yield
        self.coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if not report.passed:
            self.failed.add(report.nodeid)


def is_example(test: str) -> bool:
    """Is it an example of a docstring?"""
    return test.startswith("src/")


def tests_of(data: CoverageData, fault: Fault) -> set[str]:
    """The tests that run a line of the statement *fault* is in."""
    by_line = reached(data, str(ROOT / fault.path))
    return {test for line in range(fault.lines[0], fault.lines[1] + 1) for test in by_line.get(line, ()) if test}


_BY_FILE: dict[str, dict[int, list[str]]] = {}


def reached(data: CoverageData, path: str) -> dict[int, list[str]]:
    if path not in _BY_FILE:
        _BY_FILE[path] = data.contexts_by_lineno(path)
    return _BY_FILE[path]


# --- drawing the mutants -------------------------------------------------------------------------------------------------


def functions_of(source: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions of a module and the methods of its classes, each under its qualified name: where mutmut looks."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement.name, statement
        elif isinstance(statement, ast.ClassDef):
            for inner in statement.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{statement.name}.{inner.name}", inner


def statement_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, first: int, last: int) -> tuple[int, int]:
    """The lines of *function* a test must run to run what stands from line *first* to *last*: those of the innermost statement around."""
    around = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node.lineno <= first and last <= (node.end_lineno or 0)]
    inner = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=function)
    if inner is function:  # a default: every call
        return function.body[0].lineno, function.end_lineno or 0
    return inner.lineno, (last if hasattr(inner, "body") else inner.end_lineno or last)


class Mutmut:
    """What mutmut's operators make of one module. Only this class needs mutmut: what it draws is kept as text."""

    def __init__(self, path: Path) -> None:
        import libcst  # pyright: ignore[reportMissingImports]  # in the environment of `make mutation`
        from mutmut.mutation import file_mutation, trampoline_templates  # pyright: ignore[reportMissingImports]  # as above

        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self._cst, self._made, self._names = libcst, file_mutation, trampoline_templates
        self.module, found, _, _ = file_mutation.create_mutations(str(path), self.source)
        self.found: list[tuple[str, Any]] = []
        self._texts: list[str] = []
        self._trees = list(functions_of(self.source))
        counts: Counter[str] = Counter()
        for statement, function, class_name in self._functions():
            mangled = trampoline_templates.mangle_function_name(name=function.name.value, class_name=class_name)
            for mutation in found:
                if mutation.contained_by_top_level_function is function:
                    counts[mangled] += 1
                    self.found.append((f"{mangled}__mutmut_{counts[mangled]}", (statement, function, class_name, mutation)))

    def _functions(self) -> Iterator[tuple[int, Any, str | None]]:
        cst = self._cst
        for index, statement in enumerate(self.module.body):
            if isinstance(statement, cst.FunctionDef):
                yield index, statement, None
            elif isinstance(statement, cst.ClassDef) and isinstance(statement.body, cst.IndentedBlock):
                for inner in statement.body.body:
                    if isinstance(inner, cst.FunctionDef):
                        yield index, inner, statement.name.value

    def fault(self, name: str, found: tuple[int, Any, str | None, Any]) -> Fault:
        index, function, class_name, mutation = found
        statement = self.module.body[index]
        now, begins = self._written(index)
        changed = self.module.code_for_node(self._made.deep_replace(statement, mutation.original_node, mutation.mutated_node))
        start = next((index for index, (old, new) in enumerate(zip(now, changed, strict=False)) if old != new), min(len(now), len(changed)))
        end, new_end = len(now), len(changed)
        while end > start and new_end > start and now[end - 1] == changed[new_end - 1]:
            end, new_end = end - 1, new_end - 1
        text, start, end = changed[start:new_end], start + begins, end + begins
        qualified = f"{class_name}.{function.name.value}" if class_name else function.name.value
        first, last = self.source.count("\n", 0, start) + 1, self.source.count("\n", 0, max(start, end - 1)) + 1
        node = next(n for q, n in self._trees if q == qualified and n.lineno <= first <= (n.end_lineno or 0))
        return Fault(
            name=f"{self.path.relative_to(SRC).with_suffix('').as_posix().replace('/', '.')}.{name}",
            path=self.path.relative_to(ROOT).as_posix(),
            function=qualified,
            first=min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            start=start,
            end=end,
            text=text,
            kind=self._kind(mutation),
            lines=statement_lines(node, first, last),
            of=digest(self.source),
        )

    def _written(self, index: int) -> tuple[str, int]:
        """The text of a statement of the module and where in the file it begins."""
        if not self._texts:
            self._texts = [self.module.code_for_node(part) for part in (*self.module.header, *self.module.body)]
        index += len(self.module.header)
        return self._texts[index], sum(map(len, self._texts[:index]))

    def _kind(self, mutation: Any) -> str:
        """ "words" for a text with a space in it, which is for people to read; "key" for another text; "code" for the rest."""
        cst = self._cst
        if not isinstance(mutation.original_node, cst.SimpleString):
            return "code"
        return "words" if " " in mutation.original_node.value[1:-1].strip() else "key"


def drawn(seed: int, count: int, rooms: Sequence[str]) -> tuple[list[Fault], Counter[str]]:
    """*count* mutants of these rooms and modules (all, if none), as many of each module as its share of all mutants asks for."""
    made = [Mutmut(path) for path in sorted(SRC.rglob("*.py")) if not rooms or {path.stem, room_of(path)} & {*rooms}]
    sizes = Counter({module.path.relative_to(SRC).with_suffix("").as_posix(): len(module.found) for module in made})
    share = min(1.0, count / sizes.total())
    chosen: list[Fault] = []
    for module in made:
        chance = random.Random(f"{seed} {module.path.relative_to(SRC).as_posix()}")
        wanted = len(module.found) * share
        # The part after the point is drawn too, so that every mutant is as likely as every other.
        many = math.floor(wanted) + (chance.random() < wanted % 1)
        chosen += [module.fault(name, found) for name, found in chance.sample(module.found, min(many, len(module.found)))]
    return chosen, sizes


# --- running them ----------------------------------------------------------------------------------------------------------


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code of the functions of a module and of the methods of its classes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes(constant)


def put(fault: Fault, functions: Mapping[tuple[str, str, int], Sequence[FunctionType]]) -> bool:
    """Put *fault* in the place of its function. False: this process has no such function, or it cannot be exchanged."""
    path = str(ROOT / fault.path)
    changed = fault.applied()
    code = next(
        (c for c in codes(compile(changed, path, "exec")) if (c.co_qualname, c.co_firstlineno) == (fault.function, fault.first)), None
    )
    live = functions.get((path, fault.function, fault.first), ())
    if code is None or not live or any(function.__code__.co_freevars != code.co_freevars for function in live):
        return False
    node = next(n for q, n in functions_of(changed) if q == fault.function and fault.first <= n.lineno and code.co_name == n.name)
    for function in live:
        function.__code__ = code
        if function.__defaults__:
            function.__defaults__ = tuple(map(_default, node.args.defaults, function.__defaults__))
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None and function.__kwdefaults__:
                function.__kwdefaults__[argument.arg] = _default(default, function.__kwdefaults__[argument.arg])
    return True


def _default(node: ast.expr, now: object) -> object:
    """The default written at *node*: a literal as it is written now, anything else as it was."""
    return node.value if isinstance(node, ast.Constant) else now


class Runner:
    """The plug-in that runs the drawn mutants instead of the tests it was given."""

    def __init__(self, faults: Sequence[Fault], limit: float, note: Callable[[Fault, str, str, float], None]) -> None:
        self.faults = faults
        self.limit = limit
        self.note = note
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        seconds: dict[str, float] = json.loads(SECONDS.read_text(encoding="utf-8"))
        items = {item.nodeid: item for item in session.items if item.nodeid in seconds}
        data = CoverageData(str(REACH))
        data.read()
        functions: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if type(thing) is FunctionType:
                functions[thing.__code__.co_filename, thing.__code__.co_qualname, thing.__code__.co_firstlineno].append(thing)
        gc.freeze()
        for fault in self.faults:
            begun = time.monotonic()
            own = (f"test_{Path(fault.path).stem.lstrip('_')}", f"test_{fault.room}")
            # The examples of docstrings come last, so that what only they notice is known by their names.
            tests = sorted(
                tests_of(data, fault) & items.keys(),
                key=lambda test: (is_example(test), seconds[test] * (0.1 if any(name in test for name in own) else 1)),
            )
            verdict, by = self._verdict(fault, [items[test] for test in tests], seconds, functions)
            self.note(fault, verdict, by, time.monotonic() - begun)
        return True

    def _verdict(self, fault: Fault, items: Sequence[pytest.Item], seconds: Mapping[str, float], functions: Any) -> tuple[str, str]:
        """What became of *fault* in a process of its own, and by which test."""
        if not items:
            return "no tests", ""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os._exit(self._live(fault, items, seconds, functions, writer))
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as told:
            by = told.read()
        _, status = os.waitpid(child, 0)
        last = by.splitlines()[-1] if by else ""
        if os.WIFSIGNALED(status):
            return ("timeout" if os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM) else "killed"), last
        code = os.WEXITSTATUS(status)
        return {0: "survived", 1: "killed", 2: "cannot be put"}[code], last if code else ""

    def _live(self, fault: Fault, items: Sequence[pytest.Item], seconds: Mapping[str, float], functions: Any, writer: int) -> int:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        if not put(fault, functions):
            return 2
        begun = time.monotonic()
        for item in items:
            if not is_example(item.nodeid) and time.monotonic() - begun > self.limit:
                continue
            os.write(writer, f"{item.nodeid}\n".encode())
            # A fault that makes a test run for ever is noticed. Of computing, so that a busy machine makes no verdict.
            signal.setitimer(signal.ITIMER_PROF, 10 + 3 * seconds[item.nodeid])
            signal.alarm(STUCK_S)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self.failed:
                return 1
        return 0


def pytest_run(plugin: object, arguments: Iterable[str]) -> int:
    left_out = [f"--ignore=tests/{name}" for name in LEFT_OUT]
    return pytest.main(
        [
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "--no-header",
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
            "--doctest-modules",
            *left_out,
            *arguments,
        ],
        plugins=[plugin],
    )


def few_examples(many: int) -> None:
    """Hypothesis tries *many* examples a law, the same every time, and does not shrink: that a law fails is enough."""
    phases = (Phase.explicit, Phase.generate)
    calm = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example)
    settings.register_profile(
        "mutation", max_examples=many, deadline=None, derandomize=True, database=None, phases=phases, suppress_health_check=calm
    )
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"


# --- the type checker ----------------------------------------------------------------------------------------------------


def judged_by_types(seed: int) -> None:
    """Ask mypy --strict, which is a part of `make check`, about every survivor: mutmut counts those it refuses as caught."""
    copy = KEPT / "typed"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(SRC, copy / "src")
    shutil.copy(ROOT / "pyproject.toml", copy)
    verdicts = read_verdicts(seed)
    ask = [sys.executable, "-m", "mypy.dmypy", "run", "--", "--strict", "src"]
    if subprocess.run(ask, cwd=copy, capture_output=True, check=False).returncode:
        raise SystemExit("src without a mutant is refused by mypy")
    with verdicts_file(seed).open("a", encoding="utf-8") as file:
        for fault in read_faults(seed):
            if verdicts.get(fault.name, {}).get("verdict") not in ("survived", "no tests"):
                continue
            place = copy / fault.path
            place.write_text(fault.applied(), encoding="utf-8")
            found = subprocess.run(ask, cwd=copy, capture_output=True, check=False, text=True)
            place.write_text((ROOT / fault.path).read_text(encoding="utf-8"), encoding="utf-8")
            if found.returncode == 1:
                file.write(json.dumps({"name": fault.name, "verdict": TYPED, "by": found.stdout.splitlines()[0], "seconds": 0}) + "\n")
    subprocess.run([sys.executable, "-m", "mypy.dmypy", "stop"], cwd=copy, capture_output=True, check=False)


# --- the score -------------------------------------------------------------------------------------------------------------


def interval(killed: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson's)."""
    z, share = 1.96, killed / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return middle - half, middle + half


def say(name: str, verdicts: Sequence[str], noticed: Collection[str]) -> str:
    killed = sum(verdict in noticed for verdict in verdicts)
    low, high = interval(killed, len(verdicts))
    return f"{name:<40}{killed:>6} of {len(verdicts):>5}  {killed / len(verdicts):7.1%}  ({low:.1%} to {high:.1%})"


def mutants_file(seed: int) -> Path:
    return KEPT / f"mutants-{seed}.jsonl"


def verdicts_file(seed: int) -> Path:
    return KEPT / f"verdicts-{seed}.jsonl"


def read_faults(seed: int) -> list[Fault]:
    lines = mutants_file(seed).read_text(encoding="utf-8").splitlines()
    return [Fault(**{**given, "lines": tuple(given["lines"])}) for given in map(json.loads, lines)]


def read_verdicts(seed: int) -> dict[str, dict[str, Any]]:
    """The last verdict on each mutant."""
    kept = verdicts_file(seed)
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    return {verdict["name"]: verdict for verdict in map(json.loads, lines)}


def report(seed: int) -> None:
    verdicts = read_verdicts(seed)
    judged = [(fault, verdicts[fault.name]["verdict"]) for fault in read_faults(seed) if fault.name in verdicts]
    faults = [(fault, verdict) for fault, verdict in judged if verdict != "cannot be put"]
    for fault, verdict in faults:
        if verdict not in KILLED:
            print(f"\n{fault.name}  [{fault.kind}] {verdict}\n{fault.difference()}")
    rooms: dict[str, list[str]] = defaultdict(list)
    for fault, verdict in faults:
        rooms[fault.room].append(verdict)
    every = [verdict for _, verdict in faults]
    core = [verdict for fault, verdict in faults if not fault.room.startswith("extra")]
    bare = [verdict for fault, verdict in faults if fault.kind != "words"]
    print()
    for room, of in [*sorted(rooms.items()), ("the core", core), ("all but words", bare), ("all", every)]:
        print(say(f"{room}: tests", of, KILLED))
        print(say(f"{room}: tests or mypy", of, {*KILLED, TYPED}))
    print(dict(Counter(verdict for _, verdict in judged)))


# --- the command -----------------------------------------------------------------------------------------------------------


def draw(seed: int, count: int, rooms: Sequence[str]) -> None:
    faults, sizes = drawn(seed, count, rooms)
    random.Random(seed).shuffle(faults)  # what has been run when it is stopped early is a sample too
    mutants_file(seed).write_text("".join(json.dumps(asdict(fault)) + "\n" for fault in faults), encoding="utf-8")
    verdicts_file(seed).unlink(missing_ok=True)
    print(f"{len(faults)} drawn of {sizes.total()} mutants in {len(sizes)} modules, seed {seed}")


def run(seed: int, examples: int, again: str, limit: float, tests: Sequence[str]) -> int:
    done = read_verdicts(seed)
    faults = [fault for fault in read_faults(seed) if fault.name not in done or (again and done[fault.name]["verdict"] == again)]
    few_examples(examples)
    with verdicts_file(seed).open("a", encoding="utf-8") as file:

        def note(fault: Fault, verdict: str, by: str, took: float) -> None:
            file.write(json.dumps({"name": fault.name, "verdict": verdict, "by": by, "seconds": round(took, 1)}) + "\n")
            file.flush()

        return pytest_run(Runner(faults, limit, note), tests)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["reach", "draw", "run", "types", "report"])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--rooms", type=lambda text: text.split(","), default=[])
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--again", default="")
    parser.add_argument("--limit", type=float, default=LIMIT_S)
    parser.add_argument("tests", nargs="*", default=["tests", "src"])
    given = parser.parse_args(arguments)
    KEPT.mkdir(parents=True, exist_ok=True)
    match given.step:
        case "reach":
            few_examples(given.examples)
            return pytest_run(Reach(), given.tests)
        case "draw":
            draw(given.seed, given.count, given.rooms)
        case "run":
            return run(given.seed, given.examples, given.again, given.limit, given.tests)
        case "types":
            judged_by_types(given.seed)
        case _:
            report(given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
