"""How commands print: a table on a terminal, tab-separated lines in a pipe, or JSON when asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
import orjson

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(document: Any) -> None:
    """Indented JSON."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people, or a line a row with tabs for programs."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(columns), *cells]:
            click.echo("\t".join(value.replace("\t", " ").replace("\n", " ") for value in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*[Text(value) for value in row])
    Console().print(table)
