import TestSupport
import Testing

/// Keys, fields and lines by the million and the hundred megabytes: an answer or a message, and
/// memory in proportion to what has to be held.
@Suite(.serialized, .enabled(if: programIsThere && isLongRun, isShortRun))
struct HostileSizeTests {
  private static let million = Array((1...1_000_000).map { "key\($0)\n" }.joined().utf8)

  /// Gives all input and, when nothing of it is left outside, asks for the memory.
  private func expect(
    _ pipeline: String, _ input: [UInt8], below mebibytes: Int = 64, lines: Int, status: Int32 = 0,
    says message: String = "", at place: SourceLocation = #_sourceLocation
  ) throws {
    let run = try call(pipeline, ["-q"], output: .counted).start()
    run.readOutput()
    run.offer(input)
    if status == 0 { try run.waitForInput(leaving: 0) }
    if lines > 0, input.count > 90 << 20 { try run.waitForLines(min(lines, 1)) }
    if status == 0 {
      let peak = try run.peakMemory()
      #expect(peak < mebibytes << 20, "\(peak >> 20) MiB", sourceLocation: place)
    }
    run.endInput()
    let outcome = try run.finish()
    #expect(outcome.status == status && run.lineCount == lines, sourceLocation: place)
    #expect(outcome.messages.contains(message), "\(outcome.messages)", sourceLocation: place)
  }

  // MARK: A million keys

  @Test(arguments: [
    ("count: ", 128), ("dedupe: ", 128), ("dedupe: {by: this + 'x'}", 192),
    ("aggregate: {by: this, fields: {n: count(), l: list(nr)}}", 512),
  ])
  func `a million keys`(stage: String, mebibytes: Int) throws {
    try expect("stages: [{\(stage)}]", Self.million, below: mebibytes, lines: 1_000_000)
  }

  @Test func `more keys than there may be are gathered in one, or fail with the first`() throws {
    try expect(
      "stages: [{count: {max_keys: 1000, excess: other}}]", Self.million, below: 64, lines: 1001)
    try expect(
      "stages: [{aggregate: {by: this, fields: {n: count()}, max_keys: 999999}}]", Self.million,
      below: 384, lines: 0, status: 1,
      says: "input line 1000000: there are more than 999999 different keys")
    try expect(
      "stages: [{count: {max_keys: 5}, on_error: skip}]", Self.million, below: 64, lines: 5)
  }

  @Test(arguments: [
    "select: [key1, key999999]", "set: {key5: this.key7 + 1}", "map: size(this)",
    "rename: {key3: key4}", "map: 'this.merge({\"a\": 1}).size()'",
  ])
  func `an object with a million keys`(stage: String) throws {
    let object = "{" + (1...1_000_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",") + "}\n"
    try expect(
      "input: {format: json, max_line: 64MiB}\nstages: [{\(stage)}]", Array(object.utf8),
      below: 384, lines: 1)
  }

  // MARK: Lines of a hundred megabytes

  @Test(arguments: [
    "trim: ", "upper: ", "replace: {pattern: x$, with: y}", "cut: {characters: '1-5'}",
    "map: size(this)", "map: '{\"a\": this}'", "template: 'a{}b'", "enumerate: ",
    "map: hash.sha256(this)", "dedupe: ", "batch: {size: 1}",
  ])
  func `a line of a hundred megabytes, where max_line lets it through`(stage: String) throws {
    let line = [UInt8](repeating: 0x78, count: 100_000_000) + [0x0A]
    try expect(
      "input: {format: lines, max_line: 128MiB}\nstages: [{\(stage)}]", line, below: 400, lines: 1)
  }

  @Test func `what would become larger than max_line is refused`() throws {
    let line = [UInt8](repeating: 0x78, count: 100_000_000) + [0x0A]
    for stage in ["replace: {pattern: x, with: yy}", "map: this + this"] {
      try expect(
        "input: {format: lines, max_line: 128MiB}\nstages: [{\(stage)}]", line, lines: 0,
        status: 1, says: "the result is larger than 'max_line', 128MiB")
    }
    try expect(
      "stages: [trim]", line, lines: 0, status: 74,
      says: "a larger max_line under 'input' lets it through")
  }

  @Test func `a string of a hundred megabytes in a record`() throws {
    let line =
      Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x78, count: 100_000_000)
      + Array("\"}\n".utf8)
    try expect(
      "input: {format: json, max_line: 128MiB}\nstages: [{map: size(this.a)}]", line, below: 512,
      lines: 1)
  }

  // MARK: Expressions that would never end

  @Test(arguments: [
    "[1,2].all(x, " + String(repeating: "[1,2].all(x, ", count: 29) + "true"
      + String(repeating: ")", count: 30),
    "lists.range(1000000).all(a, lists.range(1000000).all(b, a < 2000000))",
    "lists.range(100000).exists(a, lists.range(100000).exists(b, a < 0)) || true",
  ])
  func `loops within loops end, and say so`(expression: String) throws {
    try expect(
      "stages:\n  - map: >-\n      \(expression)\n", Array("a\n".utf8), below: 64, lines: 0,
      status: 1,
      says: "the loops take more than 100000000 rounds on this item")
  }
}
