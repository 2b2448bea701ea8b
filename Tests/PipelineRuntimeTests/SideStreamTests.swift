import Flow
import Lines
import PipelineModel
import Stages
import Synchronization
import TestSupport
import Testing
import VirtualTime

@testable import PipelineRuntime

/// The side stream of a `tee`, rule by rule of SEMANTICS 2.8.
struct SideStreamTests {
  private static let hang = Duration.seconds(1_000_000)

  private func lines(_ count: Int) -> [String] { (1...count).map(String.init) }

  @Test func `it sees every item, and its results go to its file`() throws {
    let files = MemoryFiles()
    let port = try opened(files)
    let scene = Scene(
      lines: lines(5),
      stages: [tee([.of("tee/side") { item, _ in [item, item] }], port: port), same("main")])
    let ending = try #require(scene.run())
    #expect(ending.written == lines(5))
    #expect(ending.outcome.exitStatus == 0)
    #expect(files.text("side.txt") == "1\n1\n2\n2\n3\n3\n4\n4\n5\n5\n")
    #expect(ending.timersLeft == 0)
  }

  @Test func `without a file its results are dropped and counted`() throws {
    let tee = tee([.of("tee/side") { item, _ in [item, item] }])
    let ending = try #require(Scene(lines: lines(5), stages: [tee]).run())
    #expect(ending.written == lines(5))
    #expect(tee.counters.snapshot.dropped == 10)
    #expect(tee.counters.snapshot.lines.given == 5)
  }

  @Test func `its failure cuts the main stream, and is the one told`() throws {
    let side = PlannedStage.of("tee/side") { item, attempt in
      if item == "3" { throw Failure(.exit, "broken") }
      return []
    }
    let scene = Scene(
      lines: lines(9), stages: [tee([side], queue: 1), slow("main", .seconds(1))],
      grace: .seconds(100))
    let ending = try #require(scene.run())
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.failure?.stage == "tee/side")
    #expect(ending.failure?.number == 3)
    #expect(isPrefix(ending.written, of: lines(9)))
    #expect(ending.timersLeft == 0)
  }

  @Test func `where it may fail that is a warning, and the main stream goes on`() throws {
    let side = PlannedStage.of("tee/side") { item, attempt in
      if item == "3" { throw Failure(.exit, "broken") }
      return []
    }
    let ending = try #require(
      Scene(lines: lines(9), stages: [tee([side], queue: 1, isOptional: true)]).run())
    #expect(ending.outcome.exitStatus == 0)
    #expect(ending.outcome.causes.isEmpty)
    #expect(ending.written == lines(9))
    #expect(ending.outcome.warnings.map(\.stage) == ["tee/side"])
    #expect(ending.outcome.warnings.map(\.number) == [3])
  }

  @Test func `a file that can not be written fails it`() throws {
    let files = MemoryFiles(failsAfter: 4)
    let port = try opened(files)
    let scene = Scene(
      lines: lines(9), stages: [tee([same("tee/side")], port: port), slow("main", .seconds(1))])
    let ending = try #require(scene.run())
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.failure?.stage == "tee")
    #expect(ending.failure?.failure.message == "side.txt: no space left")
  }

  @Test func `a slow one holds the main stream back when its queue is full`() throws {
    let side = PlannedStage.of("tee/side", queue: 1, window: 1) { _, attempt in
      _ = await attempt.sleep(for: Self.hang)
      return []
    }
    var scene = Scene(lines: lines(100), stages: [tee([side], queue: 1), same("main")])
    scene.timeout = .seconds(10)
    let ending = try #require(scene.run())
    #expect(ending.outcome.exitStatus == 124)
    #expect(ending.elapsed == .seconds(10))
    // The source sends all in one batch, which the queue into `tee` divides line by line.
    #expect(ending.written.count < 5)
  }

  @Test func `the output does not wait for it, the run does`() throws {
    let scene = Scene(
      lines: lines(5), stages: [tee([slow("tee/side", .seconds(1))]), same("main")])
    let ending = try #require(scene.run())
    #expect(ending.outcome.exitStatus == 0)
    #expect(ending.closed == .zero)
    #expect(ending.elapsed == .seconds(5))
  }

  @Test func `a reader that leaves is the end for it, and it finishes what it has`() throws {
    let side = slow("tee/side", .seconds(1))
    let ending = try #require(
      Scene(lines: lines(5), stages: [tee([side]), same("main")]).run(leavesAfter: 1))
    #expect(ending.outcome.exitStatus == 0)
    #expect(side.counters.snapshot.lines.given >= 1)
    #expect(ending.outcome.otherFailures.isEmpty)
  }

  @Test func `a cut is a cut for it, within the grace`() throws {
    let first = PlannedStage.of("first") { item, _ in
      if item == "3" { throw Failure(.exit, "broken") }
      return [item]
    }
    let side = slow("tee/side", .seconds(1))
    let within = try #require(
      Scene(lines: lines(5), stages: [first, tee([side])], grace: .seconds(5)).run())
    #expect(within.failure?.stage == "first")
    #expect(within.elapsed == .seconds(2))
    #expect(within.written == ["1", "2"])
    let beyond = try #require(
      Scene(
        lines: lines(5), stages: [first, tee([slow("tee/side", Self.hang)])], grace: .seconds(5)
      ).run())
    #expect(beyond.failure?.stage == "first")
    #expect(beyond.elapsed == .seconds(5))
    #expect(beyond.written == ["1", "2"])
    #expect(beyond.timersLeft == 0)
  }

  @Test func `one that hangs in front of its own failure has the grace`() throws {
    let side = PlannedStage.of("tee/side", workers: 2) { item, attempt in
      if item == "2" { throw Failure(.exit, "broken") }
      _ = await attempt.sleep(for: Self.hang)
      return []
    }
    let ending = try #require(
      Scene(lines: lines(5), stages: [tee([side]), same("main")], grace: .seconds(3)).run())
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.failure?.number == 2)
    #expect(ending.elapsed == .seconds(3))
    #expect(ending.written == lines(5))
  }

  @Test func `the grace that it has used is not granted to the main stream again`() throws {
    let side = PlannedStage.of("tee/side", workers: 2) { item, attempt in
      _ = await attempt.sleep(for: item == "2" ? .seconds(1) : Self.hang)
      throw Failure(.exit, "broken")
    }
    let ending = try #require(
      Scene(
        lines: lines(5), stages: [tee([side]), slow("main", Self.hang)], grace: .seconds(3)
      ).run())
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.failure?.stage == "tee/side")
    #expect(ending.failure?.number == 2)
    #expect(ending.elapsed == .seconds(4))
    #expect(ending.timersLeft == 0)
  }

  @Test(arguments: [(side: 1, main: 2, told: "tee/side"), (side: 2, main: 1, told: "main")])
  func `between the two the first failure in time counts`(
    side: Int, main: Int, told: String
  ) throws {
    let scene = Scene(
      lines: lines(3),
      stages: [
        tee([failing("tee/side", after: .seconds(side))]), failing("main", after: .seconds(main)),
      ], grace: .seconds(100))
    let ending = try #require(scene.run())
    #expect(ending.failure?.stage == told)
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.written == [])
  }

  @Test func `a failure that comes when the main stream has ended counts all the same`() throws {
    let ending = try #require(
      Scene(lines: lines(3), stages: [tee([failing("tee/side", after: .seconds(9))])]).run())
    #expect(ending.written == lines(3))
    #expect(ending.closed == .zero)
    #expect(ending.outcome.exitStatus == 1)
    #expect(ending.failure?.stage == "tee/side")
  }

  @Test func `a second signal ends it at once`() throws {
    let scene = Scene(
      lines: lines(3), stages: [tee([slow("tee/side", Self.hang)]), same("main")],
      grace: .seconds(100))
    let ending = try #require(
      scene.run { executor, runner in
        for second in [1, 3] {
          _ = executor.schedule(
            at: Instant(nanoseconds: Int64(second) * 1_000_000_000), phase: .work
          ) { runner.signalled(15) }
        }
      })
    #expect(ending.elapsed == .seconds(3))
    #expect(ending.outcome.exitStatus == 143)
  }

  // MARK: Random schedules

  @Test func `under every schedule the output is a prefix and each file one of its own`() throws {
    let runs = LongRun.isAsked ? 10_000 : 400
    for seed in 0..<UInt64(runs) {
      var random = SplitMix64(seed: seed &+ 5)
      let count = 1 + random.next(below: 12)
      let files = MemoryFiles()
      let port = try opened(files)
      let isOptional = random.next(below: 2) == 0
      let stages = [
        wild("before", &random, lines: count),
        tee(
          [wild("tee/side", &random, lines: count), wild("tee/last", &random, lines: count)],
          queue: 1 + random.next(below: 3), port: port, isOptional: isOptional),
        wild("after", &random, lines: count),
      ]
      let leaves = random.next(below: 4) == 0 ? 1 + random.next(below: 4) : nil
      let scene = Scene(lines: lines(count), stages: stages, grace: .seconds(100), seed: seed)
      guard let ending = scene.run(leavesAfter: leaves) else {
        Issue.record("seed \(seed): it got stuck")
        continue
      }
      if let problem = problem(ending, files.text("side.txt"), lines(count), isOptional, leaves) {
        Issue.record("seed \(seed): \(problem)")
      }
    }
  }

  private func problem(
    _ ending: Scene.Ending, _ file: String, _ lines: [String], _ isOptional: Bool, _ leaves: Int?
  ) -> String? {
    let aside = file.split(separator: "\n").map(String.init)
    if ending.timersLeft > 0 { return "\(ending.timersLeft) timers are left" }
    if !isPrefix(ending.written, of: lines) { return "\(ending.written) is no prefix" }
    if !isPrefix(aside, of: lines) { return "in the file \(aside) is no prefix" }
    let told = ending.failure?.stage ?? ""
    if isOptional, told.hasPrefix("tee/") { return "an optional side stream failed the run" }
    if ending.outcome.exitStatus == 0, leaves == nil, ending.written != lines {
      return "a good run has written \(ending.written)"
    }
    let sideFailed = !ending.outcome.warnings.isEmpty
    if ending.outcome.exitStatus == 0, leaves == nil, !sideFailed, aside != lines {
      return "a good run has \(aside) in the file"
    }
    if ending.outcome.exitStatus == 0, !sideFailed, aside.count < (leaves ?? 0),
      ending.written.count > aside.count
    {
      return "the file has \(aside), and \(ending.written) was used"
    }
    return nil
  }
}

// MARK: Stages

private func tee(
  _ stages: [PlannedStage], queue: Int = 64, port: SidePort? = nil, isOptional: Bool = false
) -> PlannedStage {
  PlannedStage(
    .test("tee"), .side(SideStream(stages: stages, port: port, isOptional: isOptional)),
    policy: Policy(), workers: 1,
    bounds: GatherBounds(lines: 64, bytes: 8 << 20, streams: true, keepsOrder: true),
    queue: (queue, 1 << 20), sidePorts: [port].compactMap { $0 }, inner: stages)
}

private func opened(_ files: MemoryFiles) throws -> SidePort {
  let port = SidePort(files, path: "side.txt", append: false)
  try port.prepare()
  return port
}

private func same(_ name: String) -> PlannedStage { .of(name) { item, _ in [item] } }

private func slow(_ name: String, _ time: Duration) -> PlannedStage {
  .of(name) { item, attempt in
    _ = await attempt.sleep(for: time)
    return [item]
  }
}

private func failing(_ name: String, after time: Duration) -> PlannedStage {
  .of(name) { _, attempt in
    _ = await attempt.sleep(for: time)
    throw Failure(.exit, "broken")
  }
}

/// Each item takes some time, and one may fail.
private func wild(_ name: String, _ random: inout SplitMix64, lines: Int) -> PlannedStage {
  let seed = random.next()
  let isFailing = random.next(below: 3) == 0
  let failing = isFailing ? String(1 + random.next(below: lines)) : ""
  return .of(
    name, workers: 1 + random.next(below: 3), queue: 1 + random.next(below: 3),
    window: 1 + random.next(below: 4)
  ) { item, attempt in
    var random = SplitMix64(seed: seed &+ (UInt64(item) ?? 0))
    _ = await attempt.sleep(for: .milliseconds(Int64(random.next(below: 4))))
    if item == failing { throw Failure(.exit, "broken") }
    return [item]
  }
}

private func isPrefix(_ some: [String], of all: [String]) -> Bool {
  all.starts(with: some)
}
