import subprocess
import sys
from pathlib import Path

UNSET_LIBRARY = """
import sys
sys.modules["msgspec"] = None
from netwatch.cli.main import main
sys.exit(main(["config", "check", sys.argv[1]]))
"""


def test_without_its_libraries_such_a_source_is_a_configuration_error(tmp_path: Path) -> None:
    def checked(source: str) -> "subprocess.CompletedProcess[str]":
        file = tmp_path / "netwatch.yaml"
        file.write_text(f"checks: {{a: {{source: {source}, probe: {{icmp: }}}}}}")
        command = [sys.executable, "-c", UNSET_LIBRARY, str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = checked("{nodes: }")
    assert done.returncode == 2
    expected = (
        'found no libraries for Kubernetes, expected them: pip install "netwatch-agent[kubernetes]"'
    )
    assert expected in done.stderr + done.stdout
    assert checked("{static: [127.0.0.1]}").returncode == 0
