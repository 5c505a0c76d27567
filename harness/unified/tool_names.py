"""What proxy methods are called as tools, after the names that Truto publishes."""

from __future__ import annotations


def name_of(integration: str, resource: str, method: str) -> str:
    """A tool's name; the rule gives all published ones. https://truto.one/mcp

    >>> name_of("superchat", "inboxes", "get")
    'get_single_superchat_inbox_by_id'
    """
    match method:
        case "list":
            return f"list_all_{integration}_{resource}"
        case "get":
            return f"get_single_{integration}_{singular(resource)}_by_id"
        case "create":
            return f"create_a_{integration}_{singular(resource)}"
        case "update" | "delete":
            return f"{method}_a_{integration}_{singular(resource)}_by_id"
    return f"{integration}_{resource}_{method}"


def singular(resource: str) -> str:
    """The last word of a resource's name in the singular.

    >>> [singular(name) for name in ("contact_lists", "companies", "inboxes", "klasses", "schedules", "me", "media")]
    ['contact_list', 'company', 'inbox', 'klass', 'schedule', 'me', 'media']
    """
    if not resource.endswith("s") or resource.endswith("ss"):
        return resource
    if resource.endswith("ies"):
        return f"{resource[:-3]}y"
    if resource.endswith(("xes", "sses", "ches", "shes", "zes")):
        return resource[:-2]
    return resource[:-1]
