"""What dashboards show that netwatch does not measure yet."""

TO_COME = {
    "kube_proxy": ("netwatch_kube_proxy_", "kubeproxy_", "rest_client_"),
    "service_path": ("netwatch_service_path_",),
    "peers": ("netwatch_peers_",),
}
"""By the part of the configuration that measures it: how the names of its families begin.

An entry goes when its part comes; with the last one, all of this goes.
"""

PAGES_TO_COME = {
    "NetwatchAgentMissing",
    "NetwatchAgentTrouble",
    "NetwatchCertificateExpiring",
    "NetwatchClockStepping",
    "NetwatchDnsFailing",
    "NetwatchDnsSlow",
    "NetwatchKubeProxyRestoreFailing",
    "NetwatchKubeProxySyncPending",
    "NetwatchKubeProxyUnhealthy",
    "NetwatchNodeMissesTargets",
    "NetwatchNodeUnreachable",
    "NetwatchPairLossy",
    "NetwatchProgrammingSlow",
    "NetwatchReloadFailed",
    "NetwatchServicePathBroken",
    "NetwatchSourceStale",
    "NetwatchTargetDown",
    "NetwatchZonePathLossy",
    "NetwatchZonePathSlow",
}
"""Runbooks that panels link to, and that are not written yet."""
