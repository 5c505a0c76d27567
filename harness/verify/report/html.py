"""A report for people: one HTML file that needs nothing else, readable without JavaScript, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from harness.verify.case import Outcome
from harness.verify.report import EVIDENCE, VERDICTS, by_message, conclusion, having, rows
from harness.verify.run import Run

_WORDS = {"passed": "passed", "failed": "failed", "unchecked": "not checked"}
_SIGNS = {"passed": "✓", "failed": "✗", "unchecked": "?"}
_NAMED = 8
"""Of the cases with one message so many are named above; all of them stand below."""
_HERE = Path(__file__).parent


def report(runs: Sequence[Run]) -> str:
    """The whole file."""
    style = (_HERE / "report.css").read_text(encoding="utf-8")
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    body = "\n".join(part for run in runs for part in _provider(run))
    told = escape(conclusion(runs)).replace("\n", "<br>")
    state = "failed" if any(run.counts()["failed"] for run in runs) else "unchecked"
    state = state if any(run.exit_code for run in runs) else "passed"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>harness verify: {", ".join(escape(run.provider) for run in runs)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="tool">harness verify</p>
<h1 class="{state}"><span class="sign" aria-hidden="true">{_SIGNS[state]}</span> {told}</h1>
</header>
<main>
{body}
{_legend(runs)}
</main>
<script>
{script}</script>
</body>
</html>
"""


def _provider(run: Run) -> Iterator[str]:
    yield f'<section class="provider" aria-labelledby="provider-{escape(run.provider)}">'
    yield f'<h2 id="provider-{escape(run.provider)}">{escape(run.provider)}</h2>'
    yield _figures(run)
    for verdict in ("failed", "unchecked"):
        if outcomes := having(run, verdict):
            title = "Failed" if verdict == "failed" else "Not checked"
            yield f"<h3>{title} ({len(outcomes)})</h3>"
            yield '<ul class="troubles">'
            yield from (_trouble(same) for same in by_message(outcomes).values())
            yield "</ul>"
    yield "<h3>All cases</h3>"
    yield _filters(run)
    for suite in run.suites:
        yield from _suite(run, suite)
    yield "</section>"


def _figures(run: Run) -> str:
    lines = []
    for row in rows(run):
        figures = "".join(
            f'<td class="{verdict if figure else "none"}">{figure or "–"}</td>'
            for verdict, figure in zip(VERDICTS, (row.passed, row.failed, row.unchecked), strict=True)
        )
        lines.append(f'<tr><th scope="row">{row.suite}</th><td>{escape(row.evidence)}</td>{figures}</tr>')
    return f"""<div class="scroll"><table class="figures">
<caption>Cases by suite and by what they judge by</caption>
<thead><tr><th scope="col">suite</th><th scope="col">judged by</th><th scope="col">passed</th>\
<th scope="col">failed</th><th scope="col">not checked</th></tr></thead>
<tbody>
{chr(10).join(lines)}
</tbody></table></div>"""


def _trouble(same: Sequence[Outcome]) -> str:
    """The cases with one message."""
    names = "<br>".join(f"<code>{escape(outcome.case.name)}</code>" for outcome in same[:_NAMED])
    more = f"<br>and {len(same) - _NAMED} more" if len(same) > _NAMED else ""
    first = same[0]
    return f'<li class="{first.verdict}"><p>{_badge(first)} {names}{more}</p><pre>{escape(first.message)}</pre></li>'


def _filters(run: Run) -> str:
    suites = "".join(f'<option value="{suite}">{suite}</option>' for suite in run.suites)
    verdicts = "".join(f'<option value="{verdict}">{_WORDS[verdict]}</option>' for verdict in VERDICTS)
    return f"""<form class="filters" hidden>
<label>suite <select name="suite"><option value="">all</option>{suites}</select></label>
<label>verdict <select name="verdict"><option value="">all</option>{verdicts}</select></label>
<label>name <input type="search" name="text" placeholder="contacts.list"></label>
<output aria-live="polite"></output>
</form>"""


def _suite(run: Run, suite: str) -> Iterator[str]:
    outcomes = [each for each in run.outcomes if each.case.suite == suite]
    counts = run.counts(suite)
    told = ", ".join(f"{counts[verdict]} {_WORDS[verdict]}" for verdict in VERDICTS if counts[verdict])
    yield f'<details class="suite" data-suite="{suite}"><summary><b>{suite}</b> <span>{told}</span></summary>'
    yield '<div class="scroll"><table class="cases">'
    yield f"<caption>Cases of the suite {suite}</caption>"
    yield '<thead><tr><th scope="col">verdict</th><th scope="col">case</th><th scope="col">judged by</th></tr></thead>'
    yield "<tbody>"
    for outcome in outcomes:
        note = f"<pre>{escape(outcome.message)}</pre>" if outcome.message else ""
        yield (
            f'<tr data-verdict="{outcome.verdict}"><td>{_badge(outcome)}</td>'
            f"<td><code>{escape(outcome.case.id)}</code>{note}</td><td>{escape(outcome.case.evidence)}</td></tr>"
        )
    yield "</tbody></table></div></details>"


def _badge(outcome: Outcome) -> str:
    verdict = outcome.verdict
    return f'<span class="badge {verdict}"><span aria-hidden="true">{_SIGNS[verdict]}</span> {_WORDS[verdict]}</span>'


def _legend(runs: Sequence[Run]) -> str:
    used = {outcome.case.evidence for run in runs for outcome in run.outcomes}
    items = "".join(f"<dt>{name}</dt><dd>{escape(meaning)}</dd>" for name, meaning in EVIDENCE.items() if name in used)
    return (
        f'<section aria-labelledby="legend"><h2 id="legend">Judged by</h2><dl>{items}</dl></section>' if items else ""
    )
