"""Makes a user with a password and a database from the environment, as the official image does."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

ADDITIONS = Path("/tmp/users.d")
SHIPPED = Path("/etc/clickhouse-server/users.d")
DATA = Path("/var/lib/clickhouse")
USER, PASSWORD = os.environ["CLICKHOUSE_USER"], os.environ["CLICKHOUSE_PASSWORD"]
DATABASE = os.environ["CLICKHOUSE_DB"]

CONFIG = """<?xml version="1.0"?>
<yandex>
    <logger><level>warning</level><console>1</console></logger>
    <listen_host>0.0.0.0</listen_host>
    <tcp_port>9000</tcp_port>
    <path>/var/lib/clickhouse/</path>
    <tmp_path>/var/lib/clickhouse/tmp/</tmp_path>
    <users_config>/tmp/users.xml</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <mark_cache_size>268435456</mark_cache_size>
    <timezone>UTC</timezone>
</yandex>
"""
USERS = """<?xml version="1.0"?>
<yandex>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <{user}>
            <password_sha256_hex>{password}</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </{user}>
    </users>
</yandex>
"""

Path("/tmp/config.xml").write_text(CONFIG)
password = hashlib.sha256(PASSWORD.encode()).hexdigest()
Path("/tmp/users.xml").write_text(USERS.format(user=USER, password=password))
ADDITIONS.mkdir(exist_ok=True)
for account in ("analyst.xml", "investigator.xml"):  # Those for servers from 23.3 on stay.
    if (SHIPPED / account).exists():
        shutil.copy(SHIPPED / account, ADDITIONS)
server = subprocess.Popen(["clickhouse-server", "--config-file=/tmp/config.xml"])
client = ["clickhouse-client", f"--user={USER}", f"--password={PASSWORD}"]
create = [*client, f"--query=CREATE DATABASE IF NOT EXISTS {DATABASE}"]
while subprocess.run(create, stderr=subprocess.DEVNULL).returncode and server.poll() is None:
    time.sleep(0.2)
raise SystemExit(server.wait())
