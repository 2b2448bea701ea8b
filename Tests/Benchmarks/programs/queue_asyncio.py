"""Hands each line of stdin through so many queues of one place each: queue_asyncio.py HOPS."""

import asyncio
import sys


async def read(out: asyncio.Queue) -> None:
    for line in sys.stdin.buffer:
        await out.put(line)
    await out.put(None)


async def hand_on(source: asyncio.Queue, out: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        await out.put(line)
    await out.put(None)


async def write(source: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def main() -> None:
    queues = [asyncio.Queue(1) for _ in range(int(sys.argv[1]))]
    between = [hand_on(source, out) for source, out in zip(queues, queues[1:])]
    await asyncio.gather(read(queues[0]), *between, write(queues[-1]))


asyncio.run(main())
