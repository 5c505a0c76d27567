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


class TestAPrefixBeforeAParameter:
    @pytest.fixture
    def router(self) -> Router[str]:
        templates = (
            "/people/{id}",
            "/people/e={short}",
            "/people/email={email}",
            "/people/{id}/notes",
            "/people/email={email}/notes",
            "/people/email=all",
        )
        return Router(("GET", template, template) for template in templates)

    @pytest.mark.parametrize(
        ("path", "target", "values"),
        [
            ("/people/email=all", "/people/email=all", {}),
            ("/people/email=a", "/people/email={email}", {"email": "a"}),
            ("/people/email=a%40b=c", "/people/email={email}", {"email": "a@b=c"}),
            ("/people/email=email=", "/people/email={email}", {"email": "email="}),
            ("/people/e=mail=a", "/people/e={short}", {"short": "mail=a"}),
            ("/people/email", "/people/{id}", {"id": "email"}),
            ("/people/email=", "/people/{id}", {"id": "email="}),
            ("/people/phone=5", "/people/{id}", {"id": "phone=5"}),
            ("/people/email=a/notes", "/people/email={email}/notes", {"email": "a"}),
            ("/people/e=a/notes", "/people/{id}/notes", {"id": "e=a"}),
        ],
    )
    def test_it_wins_over_a_plain_one_where_a_value_follows(
        self, router: Router[str], path: str, target: str, values: dict[str, str]
    ) -> None:
        assert router.match("GET", path) == (target, values)

    def test_another_method_is_the_plain_ones(self, router: Router[str]) -> None:
        router.add("PUT", "/people/{id}", "put")
        assert router.match("PUT", "/people/email=a") == ("put", {"id": "email=a"})
        assert router.allowed("/people/email=a") == ["GET", "PUT"]

    def test_the_nearest_route_keeps_its_prefix(self) -> None:
        router = Router([("GET", "/people/id={id}", "id"), ("GET", "/people/email={email}", "email")])
        assert router.nearest("GET", "/person/email=a@b.c") == ("GET", "/people/email={email}", "email")

    def test_it_is_registered_once(self, router: Router[str]) -> None:
        with pytest.raises(ValueError, match=r"GET /people/email=\{other\} is routed twice"):
            router.add("GET", "/people/email={other}", "twice")

    @pytest.mark.parametrize("segment", ["{id}.json", "{a}-{b}", "{id", "{}"])
    def test_a_segment_holds_nothing_else_beside_a_parameter(self, router: Router[str], segment: str) -> None:
        with pytest.raises(ValueError, match="more than a literal and a parameter"):
            router.add("GET", f"/files/{segment}", "wrong")


class TestAParameterOfAForm:
    @pytest.fixture
    def router(self) -> Router[str]:
        router: Router[str] = Router([("GET", "/kinds/{name}", "by name"), ("POST", "/kinds/{name}", "posted")])
        for method, path in (("GET", "/kinds/{id}"), ("PUT", "/kinds/{id}"), ("GET", "/kinds/{id}/fields")):
            router.add(method, path, f"{method} by id", forms={"id": "^[0-9a-f]{4}$"})
        router.add("GET", "/kinds/{name}/{item}", "item")
        router.add("GET", "/kinds/all", "all")
        return router

    @pytest.mark.parametrize(
        ("method", "path", "target", "values"),
        [
            ("GET", "/kinds/00ff", "GET by id", {"id": "00ff"}),
            ("GET", "/kinds/%300ff", "GET by id", {"id": "00ff"}),
            ("GET", "/kinds/00ff0", "by name", {"name": "00ff0"}),
            ("GET", "/kinds/00ff%0A", "by name", {"name": "00ff\n"}),
            ("GET", "/kinds/order", "by name", {"name": "order"}),
            ("GET", "/kinds/all", "all", {}),
            ("PUT", "/kinds/00ff", "PUT by id", {"id": "00ff"}),
            ("POST", "/kinds/00ff", "posted", {"name": "00ff"}),
            ("GET", "/kinds/00ff/fields", "GET by id", {"id": "00ff"}),
            ("GET", "/kinds/00ff/5", "item", {"name": "00ff", "item": "5"}),
        ],
    )
    def test_it_wins_over_a_plain_one_where_the_form_is_right(
        self, router: Router[str], method: str, path: str, target: str, values: dict[str, str]
    ) -> None:
        assert router.match(method, path) == (target, values)

    def test_it_takes_nothing_else(self, router: Router[str]) -> None:
        assert router.match("PUT", "/kinds/order") is None
        assert router.allowed("/kinds/order") == ["GET", "POST"]
        assert router.allowed("/kinds/00ff") == ["GET", "POST", "PUT"]

    def test_it_is_registered_once_for_each_form(self, router: Router[str]) -> None:
        router.add("GET", "/kinds/{number}", "by number", forms={"number": "^[0-9]{2}$"})
        assert router.match("GET", "/kinds/12") == ("by number", {"number": "12"})
        with pytest.raises(ValueError, match="routed twice"):
            router.add("GET", "/kinds/{number}", "twice", forms={"number": "^[0-9]{2}$"})

    def test_it_may_stand_behind_a_prefix_and_is_tried_first_there(self, router: Router[str]) -> None:
        router.add("GET", "/kinds/key={key}", "by key")
        router.add("GET", "/kinds/key={number}", "by number", forms={"number": "^[0-9]+$"})
        assert router.match("GET", "/kinds/key=12") == ("by number", {"number": "12"})
        assert router.match("GET", "/kinds/key=x") == ("by key", {"key": "x"})


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
