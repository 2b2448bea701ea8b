import CLinux
import Flow
import Glibc
import Lines
import PipelineRuntime
import Testing

@testable import Host

@Suite struct SourceTests {
  private func read(
    _ files: [String], maxLine: Int = 1000
  ) async throws -> (lines: [String], numbers: [UInt64], closing: String, report: SourceReport) {
    let source = try StandardSource(files: files, maxLine: maxLine)
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    async let report = source.run(into: queue)
    let (lines, numbers, closing) = await drain(queue)
    return (lines, numbers, closing, await report)
  }

  @Test func `files follow one another, each ending its own last line`() async throws {
    let folder = Folder()
    let files = [folder.file("a", "1\n2"), folder.file("b", ""), folder.file("c", "3\n")]
    let result = try await read(files)
    #expect(result.lines == ["1", "2", "3"])
    #expect(result.numbers == [1, 2, 3])
    #expect(result.closing == "end")
    #expect(result.report.linesRead == 3)
  }

  @Test func `more files than are kept open are all read`() async throws {
    let folder = Folder()
    let files = (0..<40).map { folder.file("f\($0)", "\($0)\n") }
    #expect(try await read(files).lines == (0..<40).map { "\($0)" })
  }

  @Test func `a line tells its file and its number in there`() async throws {
    let folder = Folder()
    let files = [folder.file("a", "1\n2\n"), folder.file("b", "3\n4\n")]
    let source = try StandardSource(files: files, maxLine: 100)
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    async let report = source.run(into: queue)
    _ = await drain(queue)
    _ = await report
    #expect(source.place(of: 2)?.line == 2)
    #expect(source.place(of: 4)?.line == 2)
    #expect(source.place(of: 4)?.file.hasSuffix("b'") == true)
    #expect(try StandardSource(files: files, maxLine: 100).knownSize == 8)
  }

  @Test func `batches are prepared while others wait, and handed on at once when none does`()
    async throws
  {
    let folder = Folder()
    let files = (1...3).map { folder.file("f\($0)", "\($0)\n") }
    let source = try StandardSource(files: files, maxLine: 100) { { $0 = $0.asKind(.record) } }
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    _ = await source.run(into: queue)
    var kinds: [ItemKind] = []
    while case .element(let batch) = await queue.receive() { kinds.append(batch.kind(0)) }
    #expect(kinds == [.line, .record, .record])
  }

  @Test(arguments: [
    ("/no/such", "cannot read '/no/such': No such file or directory"),
    ("/tmp", "cannot read '/tmp': it is a folder"),
  ])
  func `what cannot be read is told before the first line`(path: String, message: String) {
    let folder = Folder()
    #expect(throws: PortFailure(message)) {
      try StandardSource(files: [folder.file("a", "1\n"), path], maxLine: 100)
    }
  }

  @Test func `a line over the limit cuts the stream behind the last one that is not`() async throws
  {
    let folder = Folder()
    let files = [folder.file("a", "1\n"), folder.file("b", "2\n123456789\n4\n")]
    let result = try await read(files, maxLine: 8)
    #expect(result.lines == ["1", "2"])
    #expect(result.closing == "line 2 of '\(files[1])' is longer than 8 bytes")
  }

  @Test func `lines come as soon as they are there, and a signal drops the one that is not whole`()
    async throws
  {
    let folder = Folder()
    let path = "\(folder.path)/fifo"
    #expect(mkfifo(path, 0o600) == 0)
    let source = try StandardSource(files: [path], maxLine: 1000)
    let writer = FileDescriptor(number: linux_open(path, 0, 0))
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    async let report = source.run(into: queue)
    _ = writer.writeAll(Array("one\ntw".utf8))
    guard case .element(let batch) = await queue.receive() else {
      Issue.record("no line")
      return
    }
    #expect(batch.count == 1)
    _ = writer.writeAll(Array("o\nthree".utf8))
    guard case .element(let next) = await queue.receive() else {
      Issue.record("no line")
      return
    }
    #expect(next.bytes(0) == Array("two".utf8))
    source.interrupt()
    guard case .closed(.end) = await queue.receive() else {
      Issue.record("not ended")
      return
    }
    let ended = await report
    #expect(ended.linesRead == 2)
    #expect(ended.droppedBytes == 5)
    // The reader has let go, so that the writer hears of it: else this would wait for ever.
    #expect(linux_wait(writer.number, 2, -1, -1) & 2 == 2)
    writer.close()
  }

  @Test func `a stop ends a source that waits for input`() async throws {
    let folder = Folder()
    let path = "\(folder.path)/fifo"
    #expect(mkfifo(path, 0o600) == 0)
    let source = try StandardSource(files: [path], maxLine: 1000)
    let queue = LineQueue(lines: 100, bytes: 1 << 20)
    async let report = source.run(into: queue)
    queue.stop()
    source.stop()
    #expect(await report.linesRead == 0)
  }

  @Test func `a stop ends a source that waits for room`() async throws {
    let folder = Folder()
    let file = folder.file("a", String(repeating: "line\n", count: 1000))
    let source = try StandardSource(files: [file], maxLine: 1000)
    let queue = LineQueue(lines: 1, bytes: 1 << 20)
    async let report = source.run(into: queue)
    _ = await queue.receive()
    queue.stop()
    source.stop()
    #expect(await report.linesRead == 1000)
  }

  @Test func `a seekable stdin is set back behind the last line used`() async {
    await #expect(processExitsWith: .success) {
      let folder = Folder()
      let text = (1...100_000).map { "line \($0)\n" }.joined()
      let number = open(folder.file("a", text), O_RDWR)
      dup2(number, 0)
      let source = try StandardSource(maxLine: 1000)
      let queue = LineQueue(lines: 10, bytes: 1 << 20)
      async let report = source.run(into: queue)
      _ = await queue.receive()
      queue.stop()
      source.stop()
      _ = await report
      // The number is /dev/null's now, and the file's position is what whoever shares it sees.
      #expect(linux_kind(0) == LINUX_OTHER)
      for line in [10, 0, 77_777, 100_000] as [UInt64] {
        source.setBack(behind: line)
        var rest: [UInt8] = []
        _ = FileDescriptor(number: number).read(into: &rest, limit: 20)
        let next = String(decoding: rest.prefix { $0 != 0x0A }, as: UTF8.self)
        #expect(next == (line == 100_000 ? "" : "line \(line + 1)"))
      }
    }
  }

  @Test(arguments: [0, 1])
  func `a stdin that is closed or a folder is told`(kind: Int) async {
    if kind == 0 {
      await #expect(processExitsWith: .success) {
        // As `Descriptors.prepare` leaves it; plainly closed, another thread might take the number.
        dup2(linux_open("/dev/null", 0, 0), 0)
        let source = try StandardSource(maxLine: 1000)
        let queue = LineQueue(lines: 10, bytes: 1 << 20)
        async let report = source.run(into: queue)
        #expect(await drain(queue).closing == "stdin is closed")
        _ = await report
      }
    } else {
      await #expect(processExitsWith: .success) {
        dup2(open("/", O_RDONLY), 0)
        #expect(throws: PortFailure("stdin is a folder")) { try StandardSource(maxLine: 1000) }
      }
    }
  }
}
