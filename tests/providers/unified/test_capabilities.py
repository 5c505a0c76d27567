"""What the API tells of itself: capabilities, tools, configurations, meta endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from harness.providers.unified.tools import name_of


def test_ping_says_that_the_token_is_good(api: Any) -> None:
    assert api.client.get("/ping").status_code == 200


class TestCapabilities:
    def told(self, api: Any, query: str = "") -> Any:
        return api.get(f"/integrated-account/{api.id}/capabilities", query).json()

    def test_they_tell_of_the_proxy_and_the_unified_models(self, api: Any) -> None:
        told = self.told(api)
        assert told.keys() == {"proxy", "unified", "ai_readiness"}
        contacts = next(each for each in told["proxy"] if each["resource"] == "contacts")
        assert [each["method"] for each in contacts["methods"]] == ["list", "get", "create", "update", "delete"]
        create = contacts["methods"][2]
        assert create["name"] == "create_a_superchat_contact"
        assert (create["has_body_schema"], create["has_response_schema"]) == (True, True)
        unified = {(each["model"], each["resource"]) for each in told["unified"]}
        assert {("ticketing", "contacts"), ("user-directory", "users")} <= unified
        assert told["ai_readiness"]["with_description"] == 48

    def test_they_can_be_narrowed(self, api: Any) -> None:
        assert self.told(api, "type=proxy").keys() == {"proxy", "ai_readiness"}
        assert self.told(api, "type=unified").keys() == {"unified", "ai_readiness"}
        only = self.told(api, "type=all&resource=contacts&methods=list,get")
        assert {each["resource"] for each in only["proxy"] + only["unified"]} == {"contacts"}
        assert [each["method"] for each in only["proxy"][0]["methods"]] == ["list", "get"]

    def test_methods_without_description_can_be_told_apart(self, api: Any) -> None:
        def count(query: str) -> int:
            return sum(len(each["methods"]) for each in self.told(api, query)["proxy"])

        assert count("has_description=true") == 48
        assert count("has_description=true") + count("has_description=false") == count("")

    def test_what_is_no_type_is_refused(self, api: Any, refusal: Any) -> None:
        refusal(api.get(f"/integrated-account/{api.id}/capabilities", "type=all-of-it"), 400)

    @pytest.mark.parametrize("root", ["integration", "integrations"])
    def test_integrations_tell_theirs_by_name_or_id(self, api: Any, refusal: Any, root: str) -> None:
        told = api.client.get(f"/{root}/superchat").json()
        assert (told["name"], told["config"]["base_url"]) == ("superchat", "https://api.superchat.com/v1.0")
        of_integration = api.client.get(f"/{root}/{told['id']}/capabilities").json()
        assert of_integration == self.told(api)
        refusal(api.client.get(f"/{root}/superchatt"), 404)


class TestTools:
    def told(self, api: Any, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.get(f"/integrated-account/{api.id}/tools", query).json()["result"]
        return found

    def test_they_are_the_published_ones(self, api: Any) -> None:
        tools = self.told(api)
        assert len(tools) == len({tool["name"] for tool in tools}) == 48
        create = next(tool for tool in tools if tool["name"] == "create_a_superchat_contact")
        assert (create["resource"], create["method"]) == ("contacts", "create")
        assert "handles" in create["body_schema"]["properties"]
        assert "handles" in create["required"]
        get = next(tool for tool in tools if tool["name"] == "get_single_superchat_contact_by_id")
        assert get["query_schema"]["properties"].keys() >= {"id"}

    def test_they_are_filtered_by_method_and_tag(self, api: Any) -> None:
        assert {tool["method"] for tool in self.told(api, "methods=read")} == {"list", "get"}
        assert {tool["method"] for tool in self.told(api, "methods=write")} == {"create", "update", "delete"}
        assert {tool["method"] for tool in self.told(api, "methods=delete,get")} == {"delete", "get"}
        assert {tool["resource"] for tool in self.told(api, "tags=directory")} == {"users", "me", "inboxes"}
        assert self.told(api, "tags=nothing") == []
        assert self.told(api, "methods=custom") == []

    @pytest.mark.parametrize(
        ("resource", "method", "name"),
        [
            ("contacts", "list", "list_all_superchat_contacts"),
            ("inboxes", "get", "get_single_superchat_inbox_by_id"),
            ("companies", "create", "create_a_superchat_company"),
            ("klasses", "update", "update_a_superchat_klass_by_id"),
            ("schedules", "delete", "delete_a_superchat_schedule_by_id"),
            ("media", "get", "get_single_superchat_media_by_id"),
            ("contacts", "merge", "superchat_contacts_merge"),
        ],
    )
    def test_their_names_follow_the_rule(self, resource: str, method: str, name: str) -> None:
        assert name_of("superchat", resource, method) == name


class TestMeta:
    def test_a_method_has_its_merged_configuration(self, api: Any) -> None:
        api.change(unified_model_override={"ticketing": {"contacts": {"get": {"response_mapping": {"name": "'x'"}}}}})
        mine = api.get("/unified/ticketing/contacts/meta/get").json()
        plain = api.get("/unified/ticketing/contacts/superchat/meta/get").json()
        assert mine["response_mapping"]["name"] == "'x'"
        assert plain["response_mapping"]["name"] != "'x'"
        assert mine["response_mapping"]["id"] == plain["response_mapping"]["id"]

    def test_it_tells_what_may_be_sent(self, api: Any) -> None:
        listing = api.get("/unified/ticketing/contacts/meta/list").json()
        assert {"limit", "next_cursor", "first_name"} <= listing["query_schema"]["properties"].keys()
        assert "request_body_schema" not in listing
        create = api.get("/unified/ticketing/contacts/meta/create").json()
        assert "emails" in create["request_body_schema"]["properties"]

    def test_what_is_not_mapped_is_404_with_its_reason(self, api: Any, refusal: Any) -> None:
        refusal(api.get("/unified/ticketing/tags/meta/create"), 404)
        refusal(api.get("/unified/crm/tags/superchat/meta/list"), 404)
        refusal(api.get("/unified/meta/crm/superchat"), 404)
        refusal(api.get("/unified/meta/ticketing/nobody"), 404)
        refusal(api.client.get("/unified/ticketing/contacts/meta/list"), 400)

    def test_a_model_is_told_in_three_forms(self, api: Any, refusal: Any) -> None:
        path = "/unified/meta/user-directory/superchat"
        told = api.client.get(path).json()
        assert told["resources"]["users"]["methods"] == ["list", "get"]
        markdown = api.client.get(f"{path}?format=md")
        assert markdown.headers["content-type"].startswith("text/markdown")
        assert "| users | list, get |" in markdown.text
        html = api.client.get(f"{path}?format=html")
        assert html.headers["content-type"].startswith("text/html")
        assert "<td>users</td><td>list, get</td>" in html.text
        refusal(api.client.get(f"{path}?format=pdf"), 400)
