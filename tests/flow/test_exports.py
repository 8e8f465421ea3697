"""What leaves: files, a page in Confluence, and what a customer may see. Nobody gets more than they may."""

from __future__ import annotations

import csv
import io
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from plugin.exports import pdf
from plugin.postmortems import service as postmortems
from plugin.privacy import service as privacy
from tests import canaries
from tests.canaries import found, stored_bytes
from tests.conformance.cases import case
from tests.devhost.rest_confluence import ACCOUNT, TOKEN, Confluence, wiki_of
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

JUDGEMENT = "We met every week. مرحبا 日本語"
FORMULA = '=HYPERLINK("http://evil.example";"x")'
PAYLOADS = (Path(__file__).parents[1] / "conformance/payloads.txt").read_text("utf-8").splitlines()
PARTS = ["summary", "coverage", "scores", "timeline", "went_well", "differently", "actions", "said"]


@pytest.fixture
def published(rapport: Rapport) -> Rapport:
    """One edition, with a customer's name and words in it, and a ledger line that a spreadsheet would run."""
    add_checkpoint(rapport, "In review", name=canaries.CHECKPOINT)
    add_contact(rapport, add_customer(rapport, canaries.CUSTOMER), canaries.NAME, canaries.EMAIL)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    answer(survey_link(rapport.mails_to(canaries.EMAIL)[0]), 2, canaries.COMMENT)
    rapport.settle()
    send(rapport, "plan/new", kind="other", title=FORMULA, result='Said "yes", twice\nand left')
    for path, form in (
        ("draft", {}),
        ("draft/went_well", {"text": JUDGEMENT, "version": 0}),
        ("approve", {}),
        ("publish", {}),
    ):
        send(rapport, path, **form)
    return rapport


def send(rapport: Rapport, path: str, who: str = "Pia Lead", status: int = 200, **form: object) -> str:
    reply = rapport.call("POST", f"/projects/{project_id(rapport)}/{path}", who, **form)
    assert reply.status_code == status, f"{reply.status_code} {reply.text}"
    return unescape(reply.text)


def fetch(rapport: Rapport, path: str, who: str = "Pia Lead") -> requests.Response:
    return rapport.call("GET", f"/projects/{project_id(rapport)}/{path}", who)


def link_in(screen: str) -> str:
    return screen.split('aria-label="Link for the customer" value="')[1].split('"', maxsplit=1)[0]


def test_markdown_tells_the_edition_with_links_and_without_what_the_reader_may_not(published: Rapport) -> None:
    text = fetch(published, "editions/1.md").text
    assert text.startswith("# Post\\-mortem of")
    assert JUDGEMENT in text
    assert f"[DEMO\\-7]({published.site.base_url}/browse/DEMO-7)" in text
    assert canaries.COMMENT in text.replace("\\", "")
    assert canaries.COMMENT not in fetch(published, "editions/1.md", "Tom Team").text.replace("\\", "")


def test_a_pdf_is_made_and_reads_in_every_script(published: Rapport) -> None:
    made = fetch(published, "editions/1.pdf")
    assert made.content.startswith(b"%PDF-")
    assert made.headers["Content-Disposition"].startswith('attachment; filename="Post-mortem-of-')


def test_without_its_library_a_pdf_is_refused_in_words(published: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "LIBRARY", "a_library_that_is_not_here")
    refused = fetch(published, "editions/1.pdf")
    assert (refused.status_code, refused.text[:32]) == (503, "This server makes no PDFs: insta")
    assert "This server makes no PDFs" in fetch(published, "share").text


@case("E01")
def test_a_spreadsheet_runs_nothing_and_reads_back_what_was_written(published: Rapport) -> None:
    content = fetch(published, "ledger.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    line = next(row for row in rows if "HYPERLINK" in row["Activity"])
    assert line["Activity"] == f"'{FORMULA}"
    assert line["Result"].replace("\r\n", "\n") == 'Said "yes", twice\nand left'


@case("I06b")
def test_what_runs_in_a_browser_runs_neither_in_a_pdf_nor_in_a_spreadsheet(
    published: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    monkeypatch.setattr(pdf, "render", lambda html: printed.append(html) or b"%PDF-")
    send(published, "draft/surprised", text="\n\n".join(PAYLOADS), version=0)
    for path in ("approve", "publish"):
        send(published, path)
    assert fetch(published, "editions/2.pdf").status_code == 200
    tags = {tag for tag, _attributes in elements(printed[0])}
    assert tags <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "h1",
        "h2",
        "h3",
        "p",
        "section",
        "blockquote",
        "footer",
        "a",
    }
    addresses = [value for _tag, attributes in elements(printed[0]) for name, value in attributes if name == "href"]
    assert all(str(address).startswith(f"{published.site.base_url}/browse/") for address in addresses)
    for payload in PAYLOADS[:40]:
        send(published, "plan/new", kind="other", title=payload[:200])
    rows = list(csv.reader(io.StringIO(fetch(published, "ledger.csv").content.decode("utf-8-sig"))))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def elements(html: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Every element of a page with its attributes."""
    seen: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: seen.append((tag, attributes))  # type: ignore[method-assign]
    parser.feed(html)
    return seen


def test_an_erased_person_is_gone_from_what_was_published_whose_bytes_stay(published: Rapport) -> None:
    tenant_id = published.tenant_id()

    def content() -> bytes:
        with published.ports.database.reading(tenant_id) as tx:
            return postmortems.get_edition(tx, project_id(published), 1).content

    before = content()
    assert found(canaries.PERSON, before) == []
    assert found([canaries.NAME, canaries.COMMENT], fetch(published, "editions/1").content) != []
    privacy.erase_contact(published.ports.database, tenant_id, canaries.EMAIL, published.clock())
    assert content() == before
    assert found(canaries.PERSON, fetch(published, "editions/1").content) == []
    assert found(canaries.PERSON, stored_bytes(published.settings.database_url)) == []


@case("E03")
def test_the_name_of_a_project_makes_a_safe_file_name(published: Rapport) -> None:
    published.site.project("DEMO").name = '../../etc/"passwd"\u202e.exe; x=1'
    for path in ("approve", "publish"):
        send(published, path)
    named = fetch(published, "editions/2.md").headers["Content-Disposition"]
    assert named == 'attachment; filename="Post-mortem-of-..-..-etc-passwd-.exe-x-1-2.md"'


@case("E04")
def test_nobody_exports_what_they_may_not_see(published: Rapport) -> None:
    for path in ("editions/1.md", "editions/1.pdf", "ledger.csv", "share"):
        assert fetch(published, path, "Sam Stranger").status_code in (403, 404)
    for path in ("share", "share/preview", "share/said", "confluence"):
        send(published, path, "Tom Team", 403)
    assert found(canaries.PERSON, fetch(published, "editions/1.md", "Tom Team").content) == []


def test_the_customer_sees_the_preview_and_nothing_else_until_the_link_ends(published: Rapport) -> None:
    send(published, "share/said", said="The form is slow", did="It keeps entries now")
    preview = send(published, "share/preview", parts=PARTS, days=7)
    assert "You said: The form is slow We did: It keeps entries now" in preview
    link = link_in(send(published, "share", parts=PARTS, days=7))
    page = requests.get(link, timeout=60)
    assert page.status_code == 200
    shown = unescape(page.text)
    assert JUDGEMENT in shown
    assert found([canaries.NAME, canaries.EMAIL, canaries.COMMENT], page.content) == []
    assert "DEMO-7" not in shown
    assert published.site.base_url not in shown
    assert "<script" not in shown
    for paragraph in shown.split("<article")[1].split("</article>")[0].split("<p")[2:]:
        assert paragraph.split(">", 1)[1].split("</p>")[0] in preview, "the link shows nothing that the preview did not"

    send(published, "draft/went_well", text="Rewritten", version=1)
    for path in ("approve", "publish"):
        send(published, path)
    assert requests.get(link, timeout=60).text == page.text, "what was shared is what stays shared"
    published.clock.advance(days=8)
    assert requests.get(link, timeout=60).status_code == 410


def test_a_link_is_withdrawn_at_once_and_chosen_parts_only_are_shared(published: Rapport) -> None:
    link = link_in(send(published, "share", parts=["went_well"], days=30))
    shown = requests.get(link, timeout=60).text
    assert "What went well" in unescape(shown)
    assert "What they said" not in unescape(shown)
    extract_id = fetch(published, "share").text.split("/share/")[-1].split("/withdraw")[0]
    numbers = [
        part.split("/")[0] for part in fetch(published, "share").text.split("/share/") if "/withdraw" in part[:20]
    ]
    assert extract_id
    send(published, f"share/{numbers[0]}/withdraw")
    assert requests.get(link, timeout=60).status_code == 410
    send(published, "share/preview", parts=["comments"], days=30, status=422)
    assert requests.get(link.replace("/x/1/", "/x/2/"), timeout=60).status_code == 404


def enter_access(rapport: Rapport, token: str = TOKEN) -> Confluence:
    form = {"email": ACCOUNT, "token": token, "space_key": "TEAM"}
    assert rapport.call("POST", "/administration/confluence", "Pia Lead", **form).status_code == 403
    assert rapport.call("POST", "/administration/confluence", "Ada Admin", **form).status_code == 200
    assert token not in rapport.call("GET", "/administration/confluence", "Ada Admin").text
    return wiki_of(rapport.site)


def test_confluence_has_one_page_that_is_brought_up_to_date(published: Rapport) -> None:
    assert "enter the way into Confluence" in send(published, "confluence")
    wiki = enter_access(published)
    for _ in range(2):
        assert "The page in Confluence is up to date." in send(published, "confluence")
    ((page_id, page),) = wiki.pages.items()
    assert page["version"]["number"] == 1, "nothing changed, nothing was sent"
    assert "We met every week." in page["body"]["value"]
    assert found(canaries.PERSON, page["body"]["value"].encode()) == []
    send(published, "draft/went_well", text="1 < 2 & <script>", version=1)
    for path in ("approve", "publish", "confluence"):
        send(published, path)
    assert list(wiki.pages) == [page_id]
    assert page["version"]["number"] == 2
    assert "1 &lt; 2 &amp; &lt;script&gt;" in page["body"]["value"]


def test_a_page_that_an_attempt_cut_short_left_is_found_again(published: Rapport) -> None:
    wiki = enter_access(published)
    send(published, "confluence")
    tenant_id = published.tenant_id()
    with published.ports.database.transaction(tenant_id) as tx:
        tx.connection.exec_driver_sql("DELETE FROM confluence_page")
    send(published, "confluence")
    assert len(wiki.pages) == 1
    next(iter(wiki.pages.values()))["status"] = "trashed"
    send(published, "confluence")
    assert len(wiki.pages) == 2, "what somebody threw away is made anew"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what Confluence says is the same to both
@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "refuses this account"), (403, "refuses this account"), (500, "cannot be reached"), (400, "did not accept")],
)
def test_when_confluence_refuses_it_says_why_and_nothing_is_half_made(
    published: Rapport, status: int, words: str
) -> None:
    wiki = enter_access(published)
    wiki.status = status
    assert words in send(published, "confluence")
    assert wiki.pages == {}
    wiki.status = None
    wiki.spaces.clear()
    assert "sees no space with the key TEAM" in send(published, "confluence")
