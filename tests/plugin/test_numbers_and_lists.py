"""Numbers and rows of names look as the reader's language writes them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale

from plugin.web.languages import init_languages
from plugin.web.pages import listed, percent, signed, tenths


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["86%", "4.0", "-0.5", "+12", "A, B, and C", "A or B"]),
        ("de", ["86\xa0%", "4,0", "-0,5", "+12", "A, B und C", "A oder B"]),
        ("fr", ["86\xa0%", "4,0", "-0,5", "+12", "A, B et C", "A ou B"]),
        ("es", ["86\xa0%", "4,0", "-0,5", "+12", "A, B y C", "A o B"]),
        ("pt", ["86%", "4,0", "-0,5", "+12", "A, B e C", "A ou B"]),
        ("ja", ["86%", "4.0", "-0.5", "+12", "A、B、C", "AまたはB"]),
    ],
)
def test_each_language_has_its_own_way(language: str, words: list[str]) -> None:
    app = Flask(__name__)
    init_languages(app)
    with app.app_context(), force_locale(language):
        row = [percent(0.855), tenths(4), signed(-0.5, 1), signed(12.4), listed(["A", "B", "C"]), listed("AB", "or")]
    assert row == words


def test_nobody_in_the_row_leaves_it_empty() -> None:
    assert listed([]) == ""
