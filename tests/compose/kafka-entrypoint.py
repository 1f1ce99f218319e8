"""Turns `KAFKA_A_B` into the property `a.b`, formats and runs, as the official image does."""

import os
import subprocess
from pathlib import Path

NOT_PROPERTIES = {"KAFKA_HEAP_OPTS"}
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"  # The official image's default.

properties = {
    name.removeprefix("KAFKA_").lower().replace("_", "."): value
    for name, value in os.environ.items()
    if name.startswith("KAFKA_") and name not in NOT_PROPERTIES
}
file = Path("/tmp/server.properties")
file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
java = ["java", *os.environ.get("KAFKA_HEAP_OPTS", "").split(), "-cp", "/opt/kafka/libs/*"]
data = Path(properties.get("log.dirs", "/var/lib/kafka/data"))
if not (data / "meta.properties").exists():
    tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={CLUSTER_ID}"]
    subprocess.run([*java, *tool, f"--config={file}"], check=True)
os.execvp("java", [*java, "kafka.Kafka", str(file)])
