"""An event loop whose clock jumps to the next timer as soon as nothing else can run."""

import asyncio
import selectors


class _JumpingSelector(selectors.DefaultSelector):
    """Polls real files without waiting, and puts the clock forward by what it did not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            # No timer: only another thread or a real file can wake the loop.
            return super().select(None)
        self.now += max(timeout, 0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`sleep(3600)` returns at once, and `loop.time()` is 3600 later."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        # Debug mode would call every jump a slow callback.
        self.slow_callback_duration = float("inf")

    def time(self) -> float:
        return self._jumping.now
