"""How Superchat words things: errors, envelopes, addresses, times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from harness.core.clock import TimeError, format_instant, parse_shown
from harness.core.contract import Violation
from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.provider import Call
from harness.core.quota import Window
from harness.core.store import Document
from harness.core.unit import Unit

KEY_HEADER: Final = "x-api-key"
VERSION: Final = "/v1.0"
DOCS: Final = "https://developers.superchat.com/reference/error-handling"

# documented, word by word, as the one example of an error: https://developers.superchat.com/reference/error-handling
NO_CONTACT: Final = (
    "No contact could be found for this resource identifier. Please make sure to use uuids and not hashed ids.",
    "/contact/{contact_id}",
    "https://superchat.readme.io/frequent-contact-errors",
)

# client: titles follow the account's language. German and Portuguese texts were seen for a wrong parameter, a
# taken template name and a refused start of a conversation; the others are ours.
# https://github.com/aicoachpro/whatsappvorlagen
TITLES: Final[dict[str, tuple[str, str, str]]] = {
    "not_found": ("{what} not found", "{what} nicht gefunden", "{what} não encontrado"),
    "invalid_parameter": ("Invalid parameter: {what}", "Ungültiger Parameter: {what}", "Parâmetro inválido: {what}"),
    "unreadable": ("Request body cannot be read", "Anfrage nicht lesbar", "Corpo da requisição ilegível"),
    "method": ("Method not allowed", "Methode nicht erlaubt", "Método não permitido"),
    "too_large": ("File too large", "Datei zu groß", "Arquivo muito grande"),
    "too_many": ("Too many requests", "Zu viele Anfragen", "Muitas requisições"),
    "internal": ("Internal server error", "Interner Serverfehler", "Erro interno do servidor"),
    "unavailable": ("Service unavailable", "Dienst nicht verfügbar", "Serviço indisponível"),
    "plan": ("Not part of your plan", "Nicht in deinem Tarif enthalten", "Não incluído no seu plano"),
    "handle_taken": ("Contact handle already exists", "Kontaktdaten existieren bereits", "O contato já existe"),
    "template_exists": ("Template already exists", "Vorlage existiert bereits", "O modelo já existe"),
    "attribute_exists": ("Attribute already exists", "Attribut existiert bereits", "O atributo já existe"),
    "on_list": ("Contact is already on the list", "Kontakt ist bereits auf der Liste", "O contato já está na lista"),
    "folder_not_empty": ("Folder is not empty", "Ordner ist nicht leer", "A pasta não está vazia"),
    "not_approved": ("Template is not approved", "Vorlage ist nicht freigegeben", "O modelo não foi aprovado"),
    "start_refused": (
        "Starting the conversation is not allowed",
        "Konversation starten nicht erlaubt",
        "Iniciar conversa não permitido",
    ),
}
_LANGUAGES: Final = {"en": 0, "de": 1, "pt": 2}


def error(
    quirks: Mapping[str, str],
    status: int,
    title: str,
    detail: str,
    *,
    what: str = "",
    url: str | None = None,
    docs: str = DOCS,
) -> Response:
    """An answer in the documented shape; the title is one of TITLES, in the account's language."""
    language = quirks["error_texts"]
    texts: tuple[str | None, str | None] = (None, None)
    if language != "null":
        texts = TITLES[title][_LANGUAGES[language]].format(what=what), detail
    item = {"title": texts[0], "detail": texts[1], "url": url, "docs": docs, "status_code": status}
    return json_response({"errors": [item]}, status)


def _url(call: Call) -> str:
    return call.operation.path.removeprefix(VERSION)


def not_found(call: Call, what: str) -> Refused:
    """404: the resource named in the path does not exist."""
    detail, url, docs = f"There is no {what.lower()} with this id.", _url(call), DOCS
    if what == "Contact":
        detail, url, docs = NO_CONTACT
    return Refused(error(call.quirks, 404, "not_found", detail, what=what, url=url, docs=docs))


def unknown_reference(call: Call, what: str, parameter: str) -> Refused:
    """404 or 400, as the quirk says: the body names something that does not exist."""
    if call.quirks["unknown_reference"] == "404":
        return not_found(call, what)
    return wrong(call, parameter, f"There is no {what.lower()} with this id.")


def wrong(call: Call, parameter: str, detail: str) -> Refused:
    """400: the request is well-formed but makes no sense."""
    return Refused(error(call.quirks, 400, "invalid_parameter", detail, what=parameter, url=_url(call)))


def conflict(call: Call, title: str, detail: str) -> Refused:
    """409: uniqueness, or a rule of the product."""
    return Refused(error(call.quirks, 409, title, detail, url=_url(call)))


class SuperchatDialect:
    """What the core finds out, in Superchat's words."""

    def missing_credential(self, request: Request) -> Response:
        """client, measured live: 401 with an empty body. https://github.com/segevsh/w6w-apps"""
        return Response(401, b"", [("content-length", "0")])

    def unknown_credential(self, request: Request) -> Response:
        """client, measured live: 403 with an empty body. https://github.com/segevsh/w6w-apps"""
        return Response(403, b"", [("content-length", "0")])

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        """A JSON 404, seen live for a wrong version; a wrong method is inferred."""
        if allowed and quirks["unknown_method"] == "405":
            detail = f"This resource answers to {', '.join(allowed)}."
            response = error(quirks, 405, "method", detail, url=request.path)
            response.headers.append(("allow", ", ".join(allowed)))
            return response
        return error(quirks, 404, "not_found", "There is no such resource.", what="Resource", url=request.path)

    def over_quota(self, call: Call, window: Window) -> Response:
        """429; the body is inferred, headers are not documented."""
        minutes = window.quota.window // 60_000
        detail = f"A workspace may make {window.quota.limit} requests in {minutes} minutes."
        response = error(call.quirks, 429, "too_many", detail, url=_url(call))
        if call.quirks["rate_limit_retry_after"] == "present":
            seconds = -(-(window.resets_at(call.now) - call.now) // 1000)
            response.headers.append(("retry-after", str(seconds)))
        return response

    def invalid(self, call: Call, violations: list[Violation]) -> Response:
        """400 with one error a violation; a 413 or 415 is not made of a wrong body."""
        first = violations[0]
        if first.kind in ("json", "multipart", "media") and not first.path:
            return error(call.quirks, 400, "unreadable", _sentence(first), url=_url(call))
        answers = [
            error(call.quirks, 400, "invalid_parameter", _sentence(v), what=_name(v), url=_url(call)).json()
            for v in violations
        ]
        return json_response({"errors": [item for answer in answers for item in answer["errors"]]}, 400)

    def failure(self, request: Request, status: int) -> Response:
        """500 is documented for the unexpected; other failures are taken to have the same shape."""
        title, detail = "internal", "Something unexpected happened."
        if status in (502, 503, 504):
            title, detail = "unavailable", "The service cannot be reached at the moment."
        return error({"error_texts": "en"}, status, title, detail, url=request.path)


def _name(violation: Violation) -> str:
    parts = [*violation.path, violation.expected] if violation.kind == "required" else [*violation.path]
    return ".".join(str(part) for part in parts if part is not None) or violation.place


def _sentence(violation: Violation) -> str:
    match violation.kind:
        case "required":
            return f"'{_name(violation)}' is required."
        case "enum" | "const":
            choices = violation.expected
            valid = ", ".join(map(str, choices)) if isinstance(choices, tuple) else choices
            return f"'{_name(violation)}' is not one of: {valid}."
        case "type":
            return f"'{_name(violation)}' has the wrong type."
        case "json":
            return "The body is not valid JSON."
        case "media":
            return f"The content type should be {violation.expected[0]}."
        case "multipart":
            return "The body is not a valid multipart form."
        case _:
            return f"'{_name(violation)}' is not valid: {violation.message}"


def moment(unit: Unit, value: int) -> str:
    """A date-time as the account writes it."""
    return format_instant(value, fraction=unit.quirks["timestamp_fraction"] == "milliseconds")


def moment_or_null(unit: Unit, value: int | None) -> str | None:
    """The same, where there may be none."""
    return None if value is None else moment(unit, value)


def given_moment(call: Call, parameter: str, text: str) -> int:
    """The same for a parameter of the request, or 400."""
    try:
        return parse_shown(text)
    except TimeError:
        raise wrong(call, parameter, "Expected a date-time such as 2026-01-31T09:00:00Z.") from None


def created(call: Call, response: Response) -> Response:
    """The answer of a successful POST."""
    if call.quirks["post_status"] == "201":
        response.status = 201
    return response


def encoded(body: bytes, status: int = 200) -> Response:
    """An answer from JSON text."""
    return Response(status, body, [("content-type", "application/json")])


def envelope(url: str, results: list[bytes], pagination: dict[str, Any]) -> Response:
    """A page: `url`, `results`, `pagination`."""
    pieces = (
        b'{"url":',
        orjson.dumps(url),
        b',"results":[',
        b",".join(results),
        b'],"pagination":',
        orjson.dumps(pagination),
        b"}",
    )
    return encoded(b"".join(pieces))


def deleted(document: Document) -> dict[str, str]:
    """The answer of every DELETE."""
    return {"id": document["id"]}
