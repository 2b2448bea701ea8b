"""What lines_asyncio.py does, with lists of lines on the queues, as is usual where speed counts."""

import asyncio
import re
import sys

WANTED = re.compile(rb'" 200 ')
CLIENT = re.compile(rb"^([0-9.]+) - - \[([^\]]+)\]")


async def read(out: asyncio.Queue) -> None:
    while lines := sys.stdin.buffer.readlines(1 << 18):
        await out.put(lines)
    await out.put(None)


async def grep(source: asyncio.Queue, out: asyncio.Queue) -> None:
    search = WANTED.search
    while (lines := await source.get()) is not None:
        await out.put([line for line in lines if search(line)])
    await out.put(None)


async def replace(source: asyncio.Queue, out: asyncio.Queue) -> None:
    sub = CLIENT.sub
    while (lines := await source.get()) is not None:
        await out.put([sub(rb"\2 \1", line) for line in lines])
    await out.put(None)


async def cut(source: asyncio.Queue, out: asyncio.Queue) -> None:
    while (lines := await source.get()) is not None:
        fields = (line.split(b" ", 5) for line in lines)
        await out.put([b"%b %b\n" % (field[2], field[4]) for field in fields])
    await out.put(None)


async def write(source: asyncio.Queue) -> None:
    while (lines := await source.get()) is not None:
        sys.stdout.buffer.writelines(lines)
    sys.stdout.buffer.flush()


async def main() -> None:
    first, second, third, fourth = (asyncio.Queue(4) for _ in range(4))
    await asyncio.gather(
        read(first), grep(first, second), replace(second, third), cut(third, fourth), write(fourth)
    )


asyncio.run(main())
