import Testing

/// Something that is often written with asyncio, as that program and as a pipeline that does the same.
struct AsyncioScenario: CustomTestStringConvertible {
  var sentence: String
  var input: [String]
  /// Has the coroutine `main(lines)`, which prints; what it calls takes `asyncio.sleep`.
  var program: String
  /// The same calls are stages that `mocks` replaces, which take as long.
  var pipeline: String
  var mocks: String
  /// What the pipeline absorbs where the program catches it, as a case says it.
  var errors: String?
  /// The program ends by an exception, the pipeline with status 1.
  var fails = false

  var testDescription: String { sentence }
}

extension AsyncioScenario {
  /// What `b` says to the line 2 is an exception.
  private static let refusingCall = """
    import asyncio, json
    async def call(name, line, seconds):
        await asyncio.sleep(seconds)
        if name == "b" and line == "2":
            raise RuntimeError("refused")
        return f"{name} {line}"

    """

  static let all = [
    AsyncioScenario(
      sentence: "gather of three", input: ["1", "2"],
      program: """
        import asyncio, json
        async def call(name, line, seconds):
            await asyncio.sleep(seconds)
            return f"{name} {line}"
        async def main(lines):
            for line in lines:
                results = await asyncio.gather(
                    call("a", line, 1), call("b", line, 3), call("c", line, 2))
                print(json.dumps(results, separators=(",", ":")))
        """,
      pipeline: """
        stages:
          - gather:
            - [exec: [a, '{}']]
            - [exec: [b, '{}']]
            - [exec: [c, '{}']]
        """,
      mocks: """
        gather/1/exec: { template: 'a {}', delay: 1s }
        gather/2/exec: { template: 'b {}', delay: 3s }
        gather/3/exec: { template: 'c {}', delay: 2s }
        """),
    AsyncioScenario(
      sentence: "gather in which one call raises", input: ["1", "2", "3"],
      program: refusingCall + """
        async def main(lines):
            for line in lines:
                results = await asyncio.gather(call("a", line, 5), call("b", line, 1))
                print(json.dumps(results, separators=(",", ":")))
        """,
      pipeline: """
        stages:
          - gather: [[exec: [a, '{}']], [exec: [b, '{}']]]
        """,
      mocks: """
        gather/1/exec: { template: 'a {}', delay: 5s }
        gather/2/exec: [{ match: '^2$', exit: 1, delay: 1s }, { template: 'b {}', delay: 1s }]
        """, fails: true),
    AsyncioScenario(
      sentence: "gather with return_exceptions=True", input: ["1", "2", "3"],
      program: refusingCall + """
        async def main(lines):
            for line in lines:
                results = await asyncio.gather(
                    call("a", line, 2), call("b", line, 1), return_exceptions=True)
                results = ["failed" if isinstance(r, Exception) else r for r in results]
                print(json.dumps(results, separators=(",", ":")))
        """,
      pipeline: """
        stages:
          - gather:
            - [exec: [a, '{}']]
            - [{exec: [b, '{}'], on_error: {default: '"failed"'}}]
        """,
      mocks: """
        gather/1/exec: { template: 'a {}', delay: 2s }
        gather/2/exec: [{ match: '^2$', exit: 1, delay: 1s }, { template: 'b {}', delay: 1s }]
        """, errors: "[{ stage: gather/2/exec, kind: exit, line: 2 }]"),
    AsyncioScenario(
      sentence: "create_task, then await later", input: ["1", "2"],
      program: """
        import asyncio
        async def price(line):
            await asyncio.sleep(4)
            return f"price {line}"
        async def main(lines):
            for line in lines:
                task = asyncio.create_task(price(line))
                await asyncio.sleep(3)
                print(await task)
        """,
      pipeline: """
        stages:
          - stages:
              - start: {price: [exec: [price, '{}']]}
              - exec: [other, '{}']
              - await: price
            fanout: 1
            timeout: 1h
        """,
      mocks: """
        stages/start/price/exec: { template: 'price {}', delay: 4s }
        stages/exec: { template: '{}', delay: 3s }
        """),
    AsyncioScenario(
      sentence: "wait_for with a slow call", input: ["1", "2", "3"],
      program: """
        import asyncio
        async def call(line):
            await asyncio.sleep(60 if line == "2" else 1)
            return f"answer {line}"
        async def main(lines):
            for line in lines:
                try:
                    print(await asyncio.wait_for(call(line), timeout=2))
                except asyncio.TimeoutError:
                    print("late")
        """,
      pipeline: """
        stages:
          - exec: [call, '{}']
            timeout: 2s
            on_error: {default: '"late"'}
        """,
      mocks: """
        exec: [{ match: '^2$', hang: true }, { template: 'answer {}', delay: 1s }]
        """, errors: "[{ stage: exec, kind: timeout, line: 2 }]"),
    AsyncioScenario(
      sentence: "a producer and a consumer over a queue of two", input: (1...8).map(String.init),
      program: """
        import asyncio
        async def main(lines):
            queue = asyncio.Queue(maxsize=2)
            async def producer():
                for line in lines:
                    await asyncio.sleep(1)
                    await queue.put(line)
                await queue.put(None)
            async def consumer():
                while (line := await queue.get()) is not None:
                    await asyncio.sleep(2)
                    print(f"used {line}")
            await asyncio.gather(producer(), consumer())
        """,
      pipeline: """
        stages:
          - name: produce
            exec: [produce, '{}']
          - name: consume
            exec: [consume, '{}']
            queue: 2
        """,
      mocks: """
        produce: { template: '{}', delay: 1s }
        consume: { template: 'used {}', delay: 2s }
        """),
    AsyncioScenario(
      sentence: "stop by a sentinel, which every stage passes on once", input: ["b", "a", "c"],
      program: """
        import asyncio
        async def main(lines):
            first, second = asyncio.Queue(), asyncio.Queue()
            async def upper():
                while (line := await first.get()) is not None:
                    await asyncio.sleep(1)
                    await second.put(line.upper())
                await second.put(None)
            async def ordered():
                lines = []
                while (line := await second.get()) is not None:
                    lines.append(line)
                for line in sorted(lines):
                    print(line)
            for line in lines + [None]:
                first.put_nowait(line)
            await asyncio.gather(upper(), ordered())
        """,
      pipeline: """
        stages:
          - delay: 1s
          - upper
          - sort
        """,
      mocks: ""),
    AsyncioScenario(
      sentence: "several consumers, their results in the order of the input",
      input: (1...10).map(String.init),
      program: """
        import asyncio
        async def main(lines):
            queue, results = asyncio.Queue(), {}
            async def consumer():
                while (job := await queue.get()) is not None:
                    number, line = job
                    await asyncio.sleep(5 if number % 3 == 0 else 1)
                    results[number] = f"done {line}"
            for job in enumerate(lines):
                queue.put_nowait(job)
            for _ in range(3):
                queue.put_nowait(None)
            await asyncio.gather(*(consumer() for _ in range(3)))
            for number in sorted(results):
                print(results[number])
        """,
      pipeline: """
        stages:
          - exec: [work, '{}']
            fanout: 3
        """,
      mocks: """
        exec: [{ match: '^(1|4|7|10)$', template: 'done {}', delay: 5s }, { template: 'done {}', delay: 1s }]
        """),
  ]
}
