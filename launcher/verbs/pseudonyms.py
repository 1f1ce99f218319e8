"""`practix analysts rotate`: gives everybody another pseudonym."""

from launcher.data_directory import DataDirectory


def rotate_pseudonyms(data: DataDirectory) -> None:
    """Replace the key of the pseudonyms. The next start fills the analysts' database anew from
    the journal. Raises DataInUse while a system runs on the data."""
    data.occupy()
    try:
        data.replace_pseudonym_key()
    finally:
        data.vacate()
