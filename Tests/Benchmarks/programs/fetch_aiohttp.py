"""Fetches BASE/LINE for each line of stdin, 64 at once, in order: fetch_aiohttp.py BASE."""

import asyncio
import sys

import aiohttp


async def fetch(session: aiohttp.ClientSession, url: str, free: asyncio.Semaphore) -> bytes:
    async with free, session.get(url) as answer:
        answer.raise_for_status()
        return await answer.read()


async def main() -> None:
    free = asyncio.Semaphore(64)
    base = sys.argv[1]
    names = sys.stdin.read().split()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        bodies = await asyncio.gather(
            *(fetch(session, f"{base}/{name}", free) for name in names)
        )
    sys.stdout.buffer.writelines(bodies)
    sys.stdout.buffer.flush()


asyncio.run(main())
