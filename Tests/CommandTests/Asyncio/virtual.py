"""An event loop whose clock moves only when nothing can run, straight to the next timer.

    python3 virtual.py PROGRAM.py < input

runs the coroutine main(lines) of the program and writes what it prints, then how long it took, in
seconds, as the last line of stderr.
"""
import asyncio
import importlib.util
import selectors
import sys


class VirtualSelector(selectors.DefaultSelector):
    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("stuck: nothing is ready, and no timer is left")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.selector = VirtualSelector()
        super().__init__(self.selector)

    def time(self):
        return self.selector.now


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


loop = VirtualLoop()
asyncio.set_event_loop(loop)
status = 0
try:
    loop.run_until_complete(load(sys.argv[1]).main(sys.stdin.read().splitlines()))
except RuntimeError as error:
    print(error, file=sys.stderr)
    status = 1
sys.stdout.flush()
print(f"{loop.time():.3f}", file=sys.stderr)
sys.exit(status)
