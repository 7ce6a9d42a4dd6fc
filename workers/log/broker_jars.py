"""Where Java and the Kafka jars are, and how to get the jars with Maven."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from workers.errors import Usage

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "kafka"
JAVA_MAJOR_MIN = 17
_MAVEN_S = 900
_ARCHIVE = "kafka-classes.jsa"


def java() -> str:
    """The `java` to use (`JAVA_HOME` first). Raises `Usage` where there is none."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found or not Path(found).exists():
        raise Usage(f"no `java` found: Kafka 4 needs Java {JAVA_MAJOR_MIN} or newer (package openjdk-17-jre-headless)")
    return found


def java_major(executable: str) -> int:
    """Major version of that Java, 0 where it does not say."""
    done = subprocess.run(  # noqa: S603 - a path we looked up
        [executable, "-XshowSettings:properties", "-version"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    for line in done.stderr.splitlines():
        if "java.specification.version" in line:
            return int(line.split("=")[1].strip().split(".")[0])
    return 0


def missing(libs: Path) -> str | None:
    """Why a broker cannot be started from these jars, or None."""
    try:
        found = java()
    except Usage as error:
        return str(error)
    if not DEPLOY.is_dir():
        return "this installation has no deploy/kafka: run `tuodi kafka` from a checkout"
    if not any(libs.glob("kafka_2.13-*.jar")):
        return f"no Kafka jars in {libs.name}/: run `make kafka-jars`"
    major = java_major(found)
    return None if major >= JAVA_MAJOR_MIN else f"Java {major} found, Kafka 4 needs {JAVA_MAJOR_MIN} or newer"


def fetch(libs: Path, say: Callable[[str], None]) -> None:
    """Fill `libs` with the jars of `deploy/kafka/pom.xml` unless they are there. Raises `Usage`."""
    if any(libs.glob("kafka_2.13-*.jar")) and (libs / ".done").exists():
        return
    if not DEPLOY.is_dir():
        raise Usage("this installation has no deploy/kafka: run `tuodi kafka` from a checkout")
    maven = shutil.which("mvn")
    if maven is None:
        raise Usage("no `mvn` found: install Maven once to fetch Kafka's jars (about 55 MB), or use docker compose")
    say("fetching the Kafka jars with Maven (about 55 MB, half a minute) …")
    libs.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - a path we looked up
        [
            maven, "-q", "-B", "-f", str(DEPLOY / "pom.xml"), "dependency:copy-dependencies",
            "-DincludeScope=runtime", f"-DoutputDirectory={libs.absolute()}",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_MAVEN_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Usage(f"Maven failed: {(done.stderr or done.stdout).strip()[-800:]}")
    (libs / ".done").touch()


def share_options(libs: Path) -> tuple[str, ...]:
    """JVM options for the class archive that `prepare` made, if it did. One of another Java is ignored by the JVM."""
    archive = libs / _ARCHIVE
    return (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off") if archive.exists() else ()


def prepare(libs: Path, say: Callable[[str], None]) -> None:
    """Archive the broker's loaded classes once (JEP 350): every later start costs half the processor time (4 s to 2 s).

    Nothing depends on it; a broker without the archive only starts slower.
    """
    if (libs / _ARCHIVE).exists():
        return
    from workers.log.broker import Broker

    say("preparing faster starts of the broker (once, some seconds) …")
    with tempfile.TemporaryDirectory(prefix="tuodi-kafka-") as folder:
        made = Path(folder) / "classes.jsa"
        broker = Broker(Path(folder) / "broker", libs, jvm_options=(f"-XX:ArchiveClassesAtExit={made}",))
        broker.start()
        broker.stop(deadline_s=120)
        if made.exists():
            # A name of its own first: another process may look while the file is being copied.
            partial = libs / f"{_ARCHIVE}.{os.getpid()}"
            shutil.copyfile(made, partial)
            partial.replace(libs / _ARCHIVE)
