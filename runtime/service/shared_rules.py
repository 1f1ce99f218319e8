"""Reads the rules that decisions and reads share from the settings of a service.

Each service reads them under its own prefix, except the film group: it has one variable.
"""

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.films import FilmGroup
from contracts.shared_rules import SharedRules
from contracts.values.ids import canonical_uuid
from runtime.service.settings import CommaSeparated

FILMS: Final = AliasChoices("PRACTIX_FILMS", "COMMAND_API_FILMS")
"""The variable of the film group. Earlier versions read it from the second name."""


def _demand_ids(given: tuple[str, ...]) -> tuple[str, ...]:
    found = [canonical_uuid(one) for one in given]
    if None in found:
        raise ValueError("not a list of UUIDs")
    return tuple(one for one in found if one is not None)


def _lower_genres(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.lower() for one in given)


def _demand_countries(given: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(one.upper() for one in given)
    if not all(len(one) == 2 and one.isascii() and one.isalpha() for one in found):
        raise ValueError("not a list of countries of two letters")
    return found


class FilmSettings(BaseModel):
    """The settings of `FilmGroup`. Lists are separated by commas: `GENRES=comedy,drama`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: Annotated[CommaSeparated, AfterValidator(_demand_ids)] = ()
    genres: Annotated[CommaSeparated, AfterValidator(_lower_genres)] = ()
    countries: Annotated[CommaSeparated, AfterValidator(_demand_countries)] = ()
    year_min: int | None = None
    year_max: int | None = None
    duration_min_min: PositiveInt | None = None
    duration_min_max: PositiveInt | None = None

    @model_validator(mode="after")
    def _demand_order(self) -> Self:
        for least, most in (
            (self.year_min, self.year_max),
            (self.duration_min_min, self.duration_min_max),
        ):
            if least is not None and most is not None and least > most:
                raise ValueError("the least is more than the most")
        return self

    def film_group(self) -> FilmGroup:
        """Return the group that these settings choose."""
        return FilmGroup(
            ids=frozenset(self.ids),
            genres=frozenset(self.genres),
            countries=frozenset(self.countries),
            year_min=self.year_min,
            year_max=self.year_max,
            duration_min_min=self.duration_min_min,
            duration_min_max=self.duration_min_max,
        )


class SharedRuleSettings(BaseSettings):
    """The settings of `SharedRules`. All command and query processes of a cell need the same
    values."""

    model_config = SettingsConfigDict(env_nested_delimiter="__")

    gap_min: NonNegativeInt = 0
    pending_blocks: bool = False
    hide_guest_list: bool = False
    films: FilmSettings = Field(FilmSettings(), validation_alias=FILMS)
    """The films that may be announced."""

    def shared_rules(self) -> SharedRules:
        """Return the rules that these settings choose."""
        return SharedRules(
            gap=timedelta(minutes=self.gap_min),
            pending_blocks=self.pending_blocks,
            hide_guest_list=self.hide_guest_list,
            films=self.films.film_group(),
        )
