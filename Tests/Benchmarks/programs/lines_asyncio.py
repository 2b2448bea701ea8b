"""grep, replace and cut as asyncio tasks between queues, line by line, None at the end."""

import asyncio
import re
import sys

WANTED = re.compile(rb'" 200 ')
CLIENT = re.compile(rb"^([0-9.]+) - - \[([^\]]+)\]")


async def read(out: asyncio.Queue) -> None:
    for line in sys.stdin.buffer:
        await out.put(line)
    await out.put(None)


async def grep(source: asyncio.Queue, out: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        if WANTED.search(line):
            await out.put(line)
    await out.put(None)


async def replace(source: asyncio.Queue, out: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        await out.put(CLIENT.sub(rb"\2 \1", line))
    await out.put(None)


async def cut(source: asyncio.Queue, out: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        fields = line.rstrip(b"\n").split(b" ")
        await out.put(fields[2] + b" " + fields[4] + b"\n")
    await out.put(None)


async def write(source: asyncio.Queue) -> None:
    while (line := await source.get()) is not None:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def main() -> None:
    first, second, third, fourth = (asyncio.Queue(1000) for _ in range(4))
    await asyncio.gather(
        read(first), grep(first, second), replace(second, third), cut(third, fourth), write(fourth)
    )


asyncio.run(main())
