"""What an app's frame is given: its address, its tokens, and the files that its script loads."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import atlassian_jwt.url_utils
import jwt as pyjwt
import pytest

from tests.devhost import vendor
from tests.devhost.errors import Forbidden, NotFound
from tests.devhost.frames import frame, place_for
from tests.devhost.records import Json
from tests.devhost.site import Site
from tests.devhost_tests.conftest import Call, account


def framed(site: Site, module: str, who: str, **variables: str) -> Json:
    user = site.user_named(who)
    return frame(site, module, user, place_for(site, user.account_id, variables))


def claims(site: Site, token: str) -> Json:
    assert site.app is not None
    found: Json = pyjwt.decode(token, site.app.shared_secret, algorithms=["HS256"])
    return found


def test_the_address_of_a_frame_carries_a_token_for_exactly_that_address(site: Site, browse: Call) -> None:
    for language in ("de_DE", "tlh"):
        assert browse("Tom Team", "POST", "/devhost/language", data={"language": language}).ok
    url = framed(site, "satisfaction-panel", "Tom Team", **{"issue.key": "DEMO-7"})["url"]
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    issue = site.issue("DEMO-7")
    told = claims(site, query["jwt"][0])
    assert parts.path == f"/issues/{issue.id}/panel"
    assert query["project"] == [issue.project_id]
    assert query["xdm_e"] == [site.base_url]
    assert query["loc"] == ["de-DE"]
    assert (told["iss"], told["sub"]) == (site.client_key, account(site, "Tom Team"))
    assert told["qsh"] == atlassian_jwt.url_utils.hash_url("GET", url)


@pytest.mark.parametrize(
    ("module", "who", "error"),
    [
        ("post-mortem", "Sam Stranger", NotFound),
        ("project-settings", "Tom Team", Forbidden),
        ("administration", "Pia Lead", Forbidden),
        ("no-such-module", "Ada Admin", NotFound),
    ],
)
def test_a_frame_is_refused_to_those_who_may_not_see_it(
    site: Site, module: str, who: str, error: type[Exception]
) -> None:
    place = {} if module == "administration" else {"project.key": "DEMO"}
    with pytest.raises(error):
        framed(site, module, who, **place)


def test_a_context_token_names_person_and_place(site: Site, browse: Call) -> None:
    body = {"module": "satisfaction-panel", "context": {"issue.id": site.issue("DEMO-7").id}}
    told = claims(site, browse("Pia Lead", "POST", "/devhost/context-token", json=body).json()["token"])
    assert told["qsh"] == "context-qsh"
    assert told["sub"] == account(site, "Pia Lead")
    assert told["context"]["jira"]["project"]["key"] == "DEMO"
    assert told["context"]["jira"]["issue"]["key"] == "DEMO-7"


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("Sam Stranger", {"module": "satisfaction-panel", "context": {"issue.key": "DEMO-7"}}, 404),
        ("Tom Team", {"module": "project-settings", "context": {"project.key": "DEMO"}}, 403),
        ("Tom Team", {"module": "satisfaction-panel"}, 400),
        ("Tom Team", ["nonsense"], 400),
    ],
)
def test_a_context_token_is_refused_where_the_frame_would_be(browse: Call, who: str, body: object, status: int) -> None:
    assert browse(who, "POST", "/devhost/context-token", json=body).status_code == status


def test_the_script_for_apps_asks_this_computer_for_its_style_sheets() -> None:
    script = vendor.all_js("http://localhost:1/atlassian-connect")
    assert 'var CDN_URL = "http://localhost:1/atlassian-connect";' in script
    assert vendor.CDN_CONSTANT not in script
    assert script.endswith(vendor.read(vendor.STATIC / "frame-product.js"))


@pytest.mark.parametrize("times", [0, 2])
def test_a_library_that_does_not_name_the_cdn_once_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int
) -> None:
    (tmp_path / "iframe.js").write_text(vendor.CDN_CONSTANT * times)
    monkeypatch.setattr(vendor, "CONNECT", tmp_path)
    with pytest.raises(vendor.VendorFileWrong, match=f"{times} times"):
        vendor.all_js(f"http://localhost/{times}")


def test_only_style_sheets_of_the_library_are_served() -> None:
    assert vendor.cdn_file("themes/atlaskit-tokens_dark.css")
    assert vendor.cdn_file("iframe.js") is None
    assert vendor.cdn_file("../package.json") is None
    assert vendor.cdn_file("themes/../../../jquery/dist/x.css") is None


def test_frames_get_the_same_colours_as_the_pages_around_them() -> None:
    theirs = (vendor.cdn_file("themes/atlaskit-tokens_dark.css") or "").rpartition("--ds-text: ")[2].partition(";")[0]
    ours = vendor.tokens_css().rpartition("--ds-text: ")[2].partition(";")[0]
    assert theirs == ours


def test_the_tokens_are_plain_css_for_both_colour_modes() -> None:
    css = vendor.tokens_css()
    assert 'html[data-color-mode="dark"][data-theme~="dark:dark"]' in css
    assert css.count(":root {") == 3  # spacing, shape, type: on every page
    assert "\\n" not in css
