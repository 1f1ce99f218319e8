"""`practix run` reports wrong settings before it starts anything."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from launcher.data_directory import DataDirectory
from launcher.profiles.run import run
from launcher.settings import Settings
from runtime.service.settings import SettingsWrong


@pytest.mark.parametrize("name", ["operator", "analyst", "investigator"])
def test_no_operators_own_token_is_one_of_the_data_directory(name: str, tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.require_secrets()
    token = getattr(data, f"{name}_token")
    settings = Settings(data=tmp_path, operator_tokens={"anna": SecretStr(token)})
    with pytest.raises(SettingsWrong, match="ANNA must differ") as caught:
        run(settings, lambda _: None)
    assert token not in str(caught.value)
