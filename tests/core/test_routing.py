"""Method and path to target."""

from __future__ import annotations

import pytest

from harness.core.routing import Router

ROUTES = [
    ("GET", "/v1/contacts"),
    ("POST", "/v1/contacts"),
    ("GET", "/v1/contacts/{id}"),
    ("POST", "/v1/contacts/search"),
    ("GET", "/v1/contacts/{contact}/notes/{note}"),
    ("GET", "/v1/{kind}/all/notes"),
    ("GET", "/"),
]


@pytest.fixture
def router() -> Router[str]:
    return Router((method, path, f"{method} {path}") for method, path in ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "target", "values"),
    [
        ("GET", "/v1/contacts", "/v1/contacts", {}),
        ("GET", "/v1/contacts/7", "/v1/contacts/{id}", {"id": "7"}),
        ("POST", "/v1/contacts/search", "/v1/contacts/search", {}),
        ("GET", "/v1/contacts/search", "/v1/contacts/{id}", {"id": "search"}),
        ("GET", "/v1/contacts/7/notes/9", "/v1/contacts/{contact}/notes/{note}", {"contact": "7", "note": "9"}),
        ("GET", "/v1/contacts/all/notes/9", "/v1/contacts/{contact}/notes/{note}", {"contact": "all", "note": "9"}),
        ("GET", "/v1/contacts/all/notes", "/v1/{kind}/all/notes", {"kind": "contacts"}),
        ("GET", "/v1/contacts/a%2Fb", "/v1/contacts/{id}", {"id": "a/b"}),
        ("GET", "/v1/contacts/%C3%BC%20+", "/v1/contacts/{id}", {"id": "ü +"}),
        ("GET", "/", "/", {}),
    ],
)
def test_a_path_leads_to_its_target_with_the_decoded_values(
    router: Router[str], method: str, path: str, target: str, values: dict[str, str]
) -> None:
    assert router.match(method, path) == (f"{method} {target}", values)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"),
        ("GET", "/v1/contact"),
        ("GET", "/v1/contacts/"),
        ("GET", "/v1//contacts"),
        ("GET", "/v1/contacts//notes/9"),
        ("GET", "/v1/contacts/7/notes"),
        ("DELETE", "/v1/contacts/7"),
        ("get", "/v1/contacts"),
        ("GET", "/V1/contacts"),
    ],
)
def test_anything_else_leads_nowhere(router: Router[str], method: str, path: str) -> None:
    assert router.match(method, path) is None


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/contacts", ["GET", "POST"]),
        ("/v1/contacts/7", ["GET"]),
        ("/v1/contacts/search", ["GET", "POST"]),
        ("/v1/x", []),
    ],
)
def test_a_path_knows_its_methods(router: Router[str], path: str, methods: list[str]) -> None:
    assert router.allowed(path) == methods


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", "/v1/contact", ("GET", "/v1/contacts")),
        ("POST", "/v1/contact", ("POST", "/v1/contacts")),
        ("GET", "/v1/contacts/7/note/9", ("GET", "/v1/contacts/{contact}/notes/{note}")),
        ("POST", "/v1/contacts/serch", ("POST", "/v1/contacts/search")),
    ],
)
def test_the_nearest_route_is_the_most_alike(
    router: Router[str], method: str, path: str, nearest: tuple[str, str]
) -> None:
    found = router.nearest(method, path)
    assert found is not None
    assert found[:2] == nearest


def test_without_routes_nothing_is_near() -> None:
    assert Router[str]().nearest("GET", "/") is None


def test_a_route_is_registered_once_whatever_its_parameters_are_called(router: Router[str]) -> None:
    with pytest.raises(ValueError, match=r"GET /v1/contacts/\{other\} is routed twice"):
        router.add("GET", "/v1/contacts/{other}", "twice")


def test_a_very_long_path_is_compared_by_its_beginning() -> None:
    router: Router[str] = Router([("GET", "/things/{id}", "get"), ("GET", "/people", "list")])
    assert router.nearest("GET", "/peopl/" + "x/" * 1_000_000) == ("GET", "/people", "list")


class TestTheRestOfAPath:
    @pytest.fixture
    def router(self) -> Router[str]:
        routes = Router([("GET", "/free/known", "known"), ("GET", "/free/{id}/part", "part")])
        routes.add("GET", "/free/{path}", "rest", catch_all=True)
        routes.add("POST", "/free/{path}", "posted", catch_all=True)
        return routes

    @pytest.mark.parametrize(
        ("path", "target", "values"),
        [
            ("/free/known", "known", {}),
            ("/free/7/part", "part", {"id": "7"}),
            ("/free/7", "rest", {"path": "7"}),
            ("/free/7/part/8", "rest", {"path": "7/part/8"}),
            ("/free/a%2Fb/c%20d/", "rest", {"path": "a%2Fb/c%20d/"}),
        ],
    )
    def test_it_goes_to_the_last_parameter_as_it_was_sent(
        self, router: Router[str], path: str, target: str, values: dict[str, str]
    ) -> None:
        match = router.match("GET", path)
        assert match is not None
        assert (match.target, match.path) == (target, values)

    @pytest.mark.parametrize("path", ["/free", "/free/", "/free//"])
    def test_there_has_to_be_some(self, router: Router[str], path: str) -> None:
        assert router.match("GET", path) is None

    def test_its_methods_are_told(self, router: Router[str]) -> None:
        assert router.allowed("/free/a/b") == ["GET", "POST"]
        assert router.match("PUT", "/free/a/b") is None
