"""Decides which films may be announced: all, unless the settings restrict them."""

from pydantic import BaseModel, ConfigDict

from runtime.outside.ports import Movie


class FilmRule(BaseModel):
    """Decides from Movie_API's data. An unknown year satisfies any year limit."""

    model_config = ConfigDict(frozen=True)

    year_min: int | None = None
    year_max: int | None = None
    duration_min_max: int | None = None
    """Longest running time, in minutes."""

    def allows(self, movie: Movie) -> bool:
        """Whether the film may be announced."""
        if self.duration_min_max is not None and movie.duration_min > self.duration_min_max:
            return False
        if movie.year is None:
            return True
        return (self.year_min is None or movie.year >= self.year_min) and (
            self.year_max is None or movie.year <= self.year_max
        )
