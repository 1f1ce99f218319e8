"""The film group is one setting, which a person can read."""

import pytest

from command_api.settings import RuleSettings
from contracts.films import FilmGroup
from runtime.service.settings import SettingsWrong, load_settings

SOLARIS = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"


def load_group(monkeypatch: pytest.MonkeyPatch, **variables: str) -> FilmGroup:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings(RuleSettings).rules().films


def test_without_a_setting_all_films_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_group(monkeypatch) == FilmGroup()


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    group = load_group(
        monkeypatch,
        PRACTIX_FILMS__GENRES="Science fiction, drama",
        PRACTIX_FILMS__COUNTRIES="su,US",
        PRACTIX_FILMS__IDS=SOLARIS,
        PRACTIX_FILMS__YEAR_MIN="1970",
        PRACTIX_FILMS__DURATION_MIN_MAX="180",
    )
    assert group == FilmGroup(
        ids=frozenset({SOLARIS.lower()}),
        genres=frozenset({"science fiction", "drama"}),
        countries=frozenset({"SU", "US"}),
        year_min=1970,
        duration_min_max=180,
    )


def test_the_earlier_name_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_group(monkeypatch, COMMAND_API_FILMS__YEAR_MAX="1999").year_max == 1999


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YEAR_MIN", "early"),
        ("COUNTRIES", "USA"),
        ("IDS", "Solaris"),
        ("GENRE", "drama"),
        ("DURATION_MIN_MIN", "0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsWrong, match=f"PRACTIX_FILMS__{name}"):
        load_group(monkeypatch, **{f"PRACTIX_FILMS__{name}": value})


def test_an_empty_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsWrong, match="the least is more than the most"):
        load_group(monkeypatch, PRACTIX_FILMS__YEAR_MIN="2000", PRACTIX_FILMS__YEAR_MAX="1999")
