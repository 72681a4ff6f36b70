import subprocess
import sys

from netwatch.config import load
from netwatch.probes.dns import DnsOptions

CONFIG = """\
checks:
  cluster-dns:
    source: {static: ["10.96.0.10"]}
    probe:
      dns:
        query: kubernetes.default.svc.cluster.local.
        answer: {some: ['\\s10\\.96\\.0\\.1$']}
"""


def test_a_check_asks_what_its_configuration_says() -> None:
    options = load(CONFIG, "netwatch.yaml", {}).checks["cluster-dns"].probe_options
    assert isinstance(options, DnsOptions)
    assert options.query == "kubernetes.default.svc.cluster.local."
    assert options.answer.some[0].matches("kubernetes.default.\t5\tIN\tA\t10.96.0.1")
    assert (options.interval, options.timeout) == (15, 5)


def test_dnspython_is_not_imported_before_there_is_something_to_ask() -> None:
    code = "import sys, netwatch.config; sys.exit('dns' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
