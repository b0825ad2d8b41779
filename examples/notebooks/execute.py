"""Make notebooks of their sources and execute them: ``python examples/notebooks/execute.py [FOLDER]`` (build/notebooks)."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def main(folder: Path) -> int:
    """Execute every source beside this file; an error in a cell ends it with its traceback."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(HERE.glob("*.py")):
        if source.name == Path(__file__).name:
            continue
        start = perf_counter()
        notebook = jupytext.read(source)
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}).execute()
        target = folder / f"{source.stem}.ipynb"
        nbformat.write(notebook, target)  # type: ignore[no-untyped-call]  # nbformat has no types
        cells = sum(cell.cell_type == "code" for cell in notebook.cells)
        print(f"{target}: {cells} cells in {perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/notebooks")))
