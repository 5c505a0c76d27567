"""Reading multipart/form-data bodies."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.exchange import Request


class MultipartError(ValueError):
    """A body that is not the multipart form its content type announces."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: a field, or a file when it has a file name."""

    content: bytes
    filename: str | None
    content_type: str | None

    @property
    def text(self) -> str:
        """The content as text, for the schema's eyes; bytes that are no text are replaced."""
        return self.content.decode("utf-8", "replace") if self.filename is None else self.filename


def parse_multipart(request: Request) -> dict[str, Part]:
    """The parts by field name; of several with the same name the last counts."""
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import create_form_parser

    parts: dict[str, Part] = {}

    def on_field(field: object) -> None:
        name, value = field.field_name, field.value  # type: ignore[attr-defined]
        parts[(name or b"").decode("utf-8", "replace")] = Part(value or b"", None, None)

    def on_file(file: object) -> None:
        source = file.file_object  # type: ignore[attr-defined]
        source.seek(0)
        name, filename = file.field_name, file.file_name  # type: ignore[attr-defined]
        parts[(name or b"").decode("utf-8", "replace")] = Part(
            source.read(), (filename or b"").decode("utf-8", "replace"), getattr(file, "content_type", None)
        )

    headers = {"Content-Type": (request.header("content-type") or "").encode("latin-1")}
    # The body is in memory already: no part of it goes to a file on disk.
    config = {"MAX_MEMORY_FILE_SIZE": float("inf")}
    try:
        parser = create_form_parser(headers, on_field, on_file, config)
        parser.write(request.body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise MultipartError(f"the multipart body cannot be read: {error}") from None
    return parts
