import CLinux
import Flow
import Glibc
import Lines
import PipelineRuntime
import Testing

@testable import Host

/// Each in a process of its own: they put something else in the place of stdout.
@Suite struct SinkTests {
  @Test func `lines are written at once and in order, and the rest at the end`() async {
    await #expect(processExitsWith: .success) {
      let pipe = try Pipe()
      dup2(pipe.writing.number, 1)
      pipe.writing.close()
      let sink = try StandardSink()
      let queue = LineQueue(lines: 100, bytes: 1 << 20)
      async let report = sink.run(from: queue, report: Watch())
      #expect(await queue.send(.of(["one"])))
      var block: [UInt8] = []
      #expect(pipe.reading.read(into: &block, limit: 100) == .count(4))
      #expect(block == Array("one\n".utf8))
      #expect(await queue.send(.of(["two", "three"], firstNumber: 2)))
      queue.close(.end)
      var text: [UInt8] = []
      // Ends only because stdout has been closed.
      while case .count(let count) = pipe.reading.read(into: &block, limit: 100), count > 0 {
        text += block
      }
      #expect(text == Array("two\nthree\n".utf8))
      let ended = await report
      #expect(ended.linesWritten == 3)
      #expect(ended.completeBelow == 4)
      #expect(ended.endsAtLine)
      #expect(ended.failure == nil && !ended.readerGone)
      #expect(linux_kind(1) == LINUX_OTHER)
    }
  }

  @Test func `a reader that leaves is noticed with nothing to write`() async {
    await #expect(processExitsWith: .success) {
      Descriptors.prepare()
      let pipe = try Pipe()
      dup2(pipe.writing.number, 1)
      let sink = try StandardSink()
      let queue = LineQueue(lines: 100, bytes: 1 << 20)
      async let report = sink.run(from: queue, report: Watch())
      pipe.reading.close()
      let ended = await report
      #expect(ended.readerGone)
      #expect(ended.failure == nil)
      #expect(await queue.send(.of(["one"])) == false)
    }
  }

  @Test func `a reader that does not read is told of, and everything arrives when it does`() async {
    await #expect(processExitsWith: .success) {
      let pipe = try Pipe()
      dup2(pipe.writing.number, 1)
      pipe.writing.close()
      let sink = try StandardSink()
      let queue = LineQueue(lines: 100, bytes: 1 << 24)
      let watch = Watch()
      async let report = sink.run(from: queue, report: watch)
      let line = String(repeating: "x", count: 3_000_000)
      #expect(await queue.send(.of([line])))
      queue.close(.cut(.ended))
      await watch.first()
      #expect(watch.told.first == true)
      var total = 0
      var block: [UInt8] = []
      while case .count(let count) = pipe.reading.read(into: &block, limit: 1 << 20), count > 0 {
        total += count
      }
      // The line being written is finished though the stream was cut.
      #expect(total == 3_000_001)
      let ended = await report
      #expect(ended.endsAtLine)
      #expect(watch.told.last == false)
      // stdout itself was never made non-blocking.
      #expect(fcntl(pipe.reading.number, F_GETFL) & O_NONBLOCK == 0)
    }
  }

  @Test func `a hard stop gives up a write that blocks`() async {
    await #expect(processExitsWith: .success) {
      let pipe = try Pipe()
      dup2(pipe.writing.number, 1)
      let sink = try StandardSink()
      let queue = LineQueue(lines: 100, bytes: 1 << 24)
      let watch = Watch()
      async let report = sink.run(from: queue, report: watch)
      #expect(await queue.send(.of([String(repeating: "x", count: 3_000_000)])))
      await watch.first()
      sink.stopHard()
      let ended = await report
      #expect(!ended.endsAtLine)
      #expect(ended.linesWritten == 0)
      #expect(ended.completeBelow == 1)
    }
  }

  @Test func `a full disk and a closed stdout are failures`() async {
    await #expect(processExitsWith: .success) {
      dup2(linux_open("/dev/full", 0, 0), 1)
      let queue = LineQueue(lines: 100, bytes: 1 << 20)
      async let report = try StandardSink().run(from: queue, report: Watch())
      #expect(await queue.send(.of(["one"])))
      #expect(try await report.failure?.message == "writing stdout failed: No space left on device")
      #expect(await queue.send(.of(["two"])) == false)
    }
    await #expect(processExitsWith: .success) {
      // As `Descriptors.prepare` leaves it; plainly closed, another thread might take the number.
      dup2(open("/dev/null", O_RDONLY), 1)
      let queue = LineQueue(lines: 100, bytes: 1 << 20)
      async let report = try StandardSink().run(from: queue, report: Watch())
      #expect(await queue.send(.of(["one"])))
      #expect(try await report.failure?.message == "stdout is closed")
    }
  }
}

@Suite struct OutputFileTests {
  private func write(_ file: OutputFile, _ lines: [String]) async throws -> SinkReport {
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    async let report = try StandardSink(to: file).run(from: queue, report: Watch())
    _ = await queue.send(.of(lines))
    queue.close(.end)
    return try await report
  }

  @Test func `it appears only when the run has ended well`() async throws {
    let folder = Folder()
    let file = try OutputFile("\(folder.path)/out")
    #expect(try await write(file, ["a", "b"]).failure == nil)
    #expect(folder.names == [])
    try file.commit()
    #expect(folder.text("out") == "a\nb\n")
    #expect(folder.names == ["out"])
  }

  @Test func `after any other run nothing appears, and what was there stays`() async throws {
    let folder = Folder()
    _ = folder.file("out", "old\n")
    let file = try OutputFile("\(folder.path)/out")
    _ = try await write(file, ["new"])
    file.abandon()
    #expect(folder.text("out") == "old\n")
    #expect(folder.names == ["out"])
  }

  @Test func `an old file keeps its mode, and a link stays a link`() async throws {
    let folder = Folder()
    let old = folder.file("real", "old\n")
    chmod(old, 0o640)
    symlink("real", "\(folder.path)/link")
    let file = try OutputFile("\(folder.path)/link")
    _ = try await write(file, ["new"])
    try file.commit()
    #expect(folder.text("real") == "new\n")
    var facts = stat()
    #expect(lstat("\(folder.path)/link", &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(old, &facts) == 0 && facts.st_mode & 0o777 == 0o640)
    #expect(folder.names == ["link", "real"])
  }

  @Test func `a device is written directly, and its failure is the sink's`() async throws {
    let file = try OutputFile("/dev/full")
    let report = try await write(file, ["a"])
    #expect(report.failure?.message == "writing '/dev/full' failed: No space left on device")
    file.abandon()
  }

  @Test(arguments: [
    ("/no/such/out", "cannot write '/no/such/out': No such file or directory"),
    ("/tmp", "cannot write '/tmp': it is a folder"),
  ])
  func `what cannot be written is told before the first line`(path: String, message: String) {
    do {
      _ = try OutputFile(path)
      Issue.record("opened")
    } catch {
      #expect(error.message == message)
    }
  }
}
