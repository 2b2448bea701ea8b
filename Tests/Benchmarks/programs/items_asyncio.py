"""An asynchronous step for each line, 64 at once, gathered in order: gather and a semaphore."""

import asyncio
import sys


async def step(line: bytes, free: asyncio.Semaphore) -> bytes:
    async with free:
        await asyncio.sleep(0)
        return line


async def main() -> None:
    free = asyncio.Semaphore(64)
    lines = sys.stdin.buffer.readlines()
    sys.stdout.buffer.writelines(await asyncio.gather(*(step(line, free) for line in lines)))
    sys.stdout.buffer.flush()


asyncio.run(main())
