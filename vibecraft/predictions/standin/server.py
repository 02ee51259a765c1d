"""Starts and stops the three servers around one world."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from vibecraft.predictions.standin.api import Api
from vibecraft.predictions.standin.clock import Clock
from vibecraft.predictions.standin.control import Control
from vibecraft.predictions.standin.delivery import Delivery
from vibecraft.predictions.standin.hooks import Sender
from vibecraft.predictions.standin.lifecycle import Lifecycle
from vibecraft.predictions.standin.shelf import Shelf
from vibecraft.predictions.standin.web import App, Server
from vibecraft.predictions.standin.world import Options, Origins, World


class StandIn:
    """The running service; a context manager. Raises NotLoopback for other addresses."""

    def __init__(self, options: Options) -> None:
        self._servers = [
            Server(options.host, port)
            for port in (options.api_port, options.delivery_port, options.control_port)
        ]
        self.origins = Origins(*(server.origin for server in self._servers))
        self._folder = Path(tempfile.mkdtemp(prefix="vibecraft-standin-"))
        clock = Clock(options.time_scale)
        self.world = World(
            options=options,
            origins=self.origins,
            folder=self._folder,
            clock=clock,
            sender=Sender(clock),
            shelf=Shelf(self.origins.delivery, self.origins.control),
        )

    def __enter__(self) -> StandIn:
        lifecycle = Lifecycle(self.world)
        apps: list[App] = [
            Api(self.world, lifecycle),
            Delivery(self.world),
            Control(self.world, lifecycle),
        ]
        self.world.clock.start()
        for server, app in zip(self._servers, apps, strict=True):
            server.start(app)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.stop()
        self.world.clock.stop()
        self.world.sender.stop()
        self.world.studio.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def greeting(self) -> str:
        """One line of JSON that tells a parent process where everything is."""
        return json.dumps({"ready": True} | self.origins.__dict__)
