"""The agent: every task of it is started here, and ends here."""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import NoReturn

from aiohttp import web
from prometheus_client import CollectorRegistry

from netwatch import __version__
from netwatch.check import SOURCE_FAMILIES
from netwatch.checks import Checks
from netwatch.compat.blackbox.modulesfile import ModulesFile
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.compat.ping_exporter import PingExporterSink
from netwatch.config import Config
from netwatch.configfile import ConfigFile
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.registry import process_registry
from netwatch.exposition.store import Store
from netwatch.exposition.table import Table
from netwatch.heap import spare_what_stays
from netwatch.known import KnownAddresses
from netwatch.logs import LogHandler
from netwatch.net.files import UnreadableFileError
from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.login import login
from netwatch.net.ping.engine import Pinger
from netwatch.net.ping.single import SinglePings
from netwatch.net.resolver import Resolver
from netwatch.net.udpecho import UDP_ECHO_FAMILIES, UdpEcho
from netwatch.net.udpserver import UdpListenError
from netwatch.probe import Engines, Services
from netwatch.prober import Prober
from netwatch.probes import PROBES
from netwatch.rendering import Renderer
from netwatch.sampling import PEERS_FAMILIES
from netwatch.sinks.log import LogSink
from netwatch.sinks.passing import PassingSink
from netwatch.sinks.prometheus import PrometheusSink
from netwatch.sinks.textfile import TEXTFILE_FAMILIES, Textfile
from netwatch.sinks.turns import TurnsSink
from netwatch.tracking import Tracker
from netwatch.validation import ConfigError
from netwatch.vitals import LoopLag, ReloadRecord, Vitals
from netwatch.web.app import make_app
from netwatch.web.kubernetesauth import KubernetesTokens
from netwatch.web.listeners import ListenError, Listeners
from netwatch.web.metrics import MetricsHandler
from netwatch.web.probepath import Answer, ProbePath
from netwatch.web.security import Security, WebConfigFile
from netwatch.wire.listen import ListenAddress

LOG = logging.getLogger("netwatch.agent")

FIRST_LIST_SECONDS = 5.0
"""Within this the API server is first asked: after a power cut all agents start at once."""


class ShutdownRequested(Exception):  # noqa: N818  # no error: it is how the root group ends
    """SIGTERM or Ctrl-C."""


class Agent:
    """Runs the checks of a configuration, and serves what they measure."""

    def __init__(
        self,
        config: Config,
        config_file: ConfigFile,
        listen: Sequence[ListenAddress],
        log: LogHandler,
    ) -> None:
        """`config` is what `config_file` holds now; `listen` wins over what it says of that."""
        self._config, self._config_file, self._addresses = config, config_file, listen
        self._log = log
        self._reloads = ReloadRecord(success_timestamp_seconds=time.time())
        self._reload_wanted = asyncio.Event()
        self._stop_wanted = asyncio.Event()
        self._is_measuring = False
        self._sink = PrometheusSink(PROBES)
        self._ping_exporter = PingExporterSink()
        self._known = KnownAddresses()
        self._turns = TurnsSink()
        self._passing = PassingSink()
        self._tracker = Tracker(
            [self._sink, self._ping_exporter, self._turns, self._passing, LogSink()],
            complain=partial(LOG.error, "%s"),
            relieve=partial(LOG.info, "%s"),
        )
        self._singles = SinglePings(self._tracker.take)
        self._pinger = Pinger(self._singles.take)
        self._prober = Prober(self._tracker.observe)
        self._web_config_file = WebConfigFile()
        self._security = Security()
        self._shown_config = config_file.shown()
        self._services = Services(Resolver().resolve)
        self._api = Api(login(os.environ), self._services.resolve)
        self._tokens = KubernetesTokens(self._api)
        self._probe_path = ProbePath()
        self._modules_file = ModulesFile(self._answer)
        self._loop_lag = LoopLag()
        self._sources = Table(SOURCE_FAMILIES)
        self._peers = Table(PEERS_FAMILIES)
        self._textfiles = Table(TEXTFILE_FAMILIES)
        self._echoes = Table(UDP_ECHO_FAMILIES)
        self._echo = UdpEcho(self._known.__contains__, self._echoes)
        self._renderer = Renderer(self._held)
        # Without process_… and python_…: node-exporter has its own, by the same names.
        written = self._store(CollectorRegistry())
        self._textfile = Textfile(written, self._renderer, self._textfiles)
        self._checks: Checks
        self._listeners: Listeners

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT.

        Raises PrivilegeError, ListenError and UdpListenError at the start, ConfigError and
        UnreadableFileError for files that the configuration names, and later an ExceptionGroup of
        what ended a task: with one of them ends the agent.
        """
        self._obey_signals()
        if any(check.probe_options.needs_icmp for check in self._config.checks.values()):
            self._pinger.check_privilege()
        answer = self._modules_file.load(self._config.compat.blackbox)
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(self._pinger)
                stack.push_async_callback(self._api.close)  # after those who answer by it
                self._listeners = await stack.enter_async_context(Listeners(self._app()))
                stack.enter_context(self._echo)
                await self._listen(self._config)
                group = await stack.enter_async_context(asyncio.TaskGroup())
                await self._start(group, answer)
        except* ShutdownRequested:
            LOG.info("stopped")

    def _obey_signals(self) -> None:
        """Do it before all else: a SIGHUP that nobody handles ends a program."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_wanted.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_wanted.set)

    async def _start(self, group: asyncio.TaskGroup, answer: Answer | None) -> None:
        reload = self._reload_wanted.set
        for name, work in (
            ("end", self._end_when_wanted()),
            ("pinger", self._pinger.run()),
            ("prober", self._prober.run()),
            ("loop lag", self._loop_lag.watch()),
            ("log", self._log.run()),
            ("heap", spare_what_stays()),
            ("reload", self._reload_when_wanted()),
            ("text file", self._textfile.run()),
            ("config file", self._config_file.follow(on_change=reload, on_error=self._refuse)),
            ("web config file", self._web_config_file.follow(reload)),
            ("blackbox file", self._modules_file.follow(reload)),
        ):
            group.create_task(work, name=name)
        cluster = Cluster(self._api, spread_seconds=FIRST_LIST_SECONDS)
        group.create_task(cluster.run(), name="cluster")
        self._checks = Checks(
            group,
            engines=Engines(self._pinger, self._prober, self._services),
            cluster=cluster,
            tracker=self._tracker,
            sources=self._sources,
            peers=self._peers,
            known=self._known,
        )
        await self._apply(self._config, answer)
        self._is_measuring = True
        LOG.info("netwatch %s runs %s", __version__, self._config_file)
        for url in self._listeners.urls:
            LOG.info("look at %s/ and %s/metrics", url, url)

    def _app(self) -> web.Application:
        store = self._store(process_registry(), self._passing.ours)
        self._passing.ours.reserved = store.names()
        return make_app(
            metrics=MetricsHandler(store, self._renderer, self._passing.page),
            standings=self._tracker.standings,
            complaints=self._complaints,
            turns=self._turns.worst,
            is_ready=lambda: self._is_measuring,
            reload=self._reload_over_http,
            security=lambda: self._security,
            config=lambda: self._shown_config(),  # noqa: PLW0108 - that of the moment
            probe=self._probe_path.handle,
        )

    def _answer(self, options: BlackboxOptions, text: str) -> Answer:
        from netwatch.web.blackbox import BlackboxHandler  # noqa: PLC0415 - 2 MiB that few need

        ping = partial(self._singles.ping, self._pinger)
        return BlackboxHandler(options, text, ping=ping, services=self._services).handle

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._sink.held(), self._ping_exporter.held():
            yield

    def _store(self, registry: CollectorRegistry, foreign: ForeignFamilies | None = None) -> Store:
        """Make what shows all series of ours, those of the registry, and the foreign ones."""
        store = Store(registry, foreign)
        sinks = (*self._sink.tables, *self._ping_exporter.tables)
        own = (self._passing.table, self._sources, self._peers, self._textfiles, self._echoes)
        for table in (*sinks, *own):
            store.add(table)
        store.registry.register(
            Vitals(
                pinger=self._pinger,
                prober=self._prober,
                loop_lag=self._loop_lag,
                reloads=self._reloads,
                local_errors=self._tracker.local_errors,
                series=lambda: store.series,
                log_lines_lost=lambda: self._log.lost,
            )
        )
        return store

    async def _listen(self, config: Config) -> None:
        """Serve where the configuration says, or raise and serve where we did."""
        tokens = config.web.kubernetes_auth
        file = self._web_config_file.load(config.web.config_file, needs_tls=tokens.enabled)
        security = self._tokens.added_to(file, tokens)
        await self._listeners.listen(self._addresses or config.listen, security.tls)
        try:
            self._echo.configure(config.udp_echo)
        except UdpListenError:
            addresses = self._addresses or self._config.listen
            await self._listeners.listen(addresses, self._security.tls)
            raise
        self._security = security

    async def _apply(self, config: Config, answer: Answer | None) -> str:
        """Do what the configuration says of sinks and checks; return which of these changed."""
        self._ping_exporter.show(list(config.checks) if config.compat.ping_exporter else [])
        blackbox = config.compat.blackbox
        self._probe_path.configure(answer, blackbox.concurrency if blackbox else 0)
        self._textfile.configure(config.sinks.textfile)
        return await self._checks.apply(config.checks, config.node_name or socket.gethostname())

    async def _reload_when_wanted(self) -> NoReturn:
        while True:
            await self._reload_wanted.wait()
            self._reload_wanted.clear()
            try:
                await self._reload()
            except (ConfigError, UnreadableFileError, ListenError, UdpListenError) as error:
                self._refuse(str(error))

    async def _reload(self) -> None:
        """Apply the configuration as it is now, or raise and leave all as it was."""
        config = self._config_file.load()
        shown_config = self._config_file.shown()
        answer = self._modules_file.load(config.compat.blackbox)
        await self._listen(config)
        changes = await self._apply(config, answer)
        self._config = config
        self._shown_config = shown_config
        self._reloads.successful = True
        self._reloads.success_timestamp_seconds = time.time()
        LOG.info("reloaded %s: %s", self._config_file, changes or "no check changed")

    def _refuse(self, why: str) -> None:
        self._reloads.successful = False
        for line in why.splitlines():
            LOG.error("refused: %s", line)
        LOG.error("the configuration stays as it was")

    def _complaints(self) -> list[str]:
        """Say what is wrong with ourselves, for the page."""
        refused = "the configuration was refused; the one before is in use (see the log)"
        return [
            *([] if self._reloads.successful else [refused]),
            *self._checks.complaints(),
            *self._passing.complaints(),
        ]

    def _reload_over_http(self) -> str | None:
        if not self._config.reload_endpoint:
            return "reload_endpoint is not switched on in the configuration; SIGHUP always works"
        self._reload_wanted.set()
        return None

    async def _end_when_wanted(self) -> NoReturn:
        await self._stop_wanted.wait()
        raise ShutdownRequested
