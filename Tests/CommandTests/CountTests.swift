import Foundation
import TestSupport
import Testing

private let counted = ProcessInfo.processInfo.environment["STREAMLINE_COUNTED"]

/// What each line costs in the release binary: counted, never timed. That binary, without debugging
/// information, which valgrind can not read, is named by STREAMLINE_COUNTED:
///
///     llvm-objcopy --strip-debug .build/release/streamline .build/counted
///     STREAMLINE_COUNTED=$PWD/.build/counted swift test --filter CountTests
///
/// A bound is a fifth above what was counted when it was set. Who makes a line cheaper lowers it.
@Suite(
  .serialized,
  .enabled(if: counted != nil, "STREAMLINE_COUNTED names no release binary"))
struct CountTests {
  struct Bound: Sendable, CustomTestStringConvertible {
    let stages: String
    let input: Input
    let output: String
    /// The cost of a line is what this many lines cost more than a third of them.
    let lines: Int
    /// Instructions for each line, through the whole pipeline.
    let instructions: Int
    /// Pieces of memory for each thousand lines.
    let pieces: Int

    init(
      _ stages: String, _ input: Input = .log, output: String = "lines", lines: Int = 15_000,
      instructions: Int, pieces: Int
    ) {
      self.stages = stages
      self.input = input
      self.output = output
      self.lines = lines
      self.instructions = instructions
      self.pieces = pieces
    }

    var testDescription: String { "\(input.framing) \(stages)" }
    var yaml: String {
      let end = output == "lines" ? "" : "output: \(output)\n"
      return "\(input.framing)\(end)stages: [\(stages)]\n"
    }
  }

  enum Input: Sendable {
    case log, json, csv

    fileprivate var framing: String {
      switch self {
      case .log: ""
      case .json: "input: json\n"
      case .csv: "input: {format: csv, types: {status: int, took: duration, ok: bool}}\n"
      }
    }
  }

  static let bounds: [Bound] = [
    Bound("skip: 0", instructions: 120, pieces: 12),
    Bound(skips(9), instructions: 165, pieces: 16),
    Bound(skips(9, "queue: 1"), lines: 1_500, instructions: 52_000, pieces: 8_000),
    Bound("head: 50000", instructions: 160, pieces: 12),
    Bound("tail: 50", instructions: 120, pieces: 12),
    Bound("trim", instructions: 500, pieces: 12),
    Bound("upper", instructions: 620, pieces: 12),
    Bound("grep: nowhere", instructions: 190, pieces: 12),
    Bound("grep: ' 200 '", instructions: 890, pieces: 14),
    Bound("grep: {pattern: ' 200 ', invert: true}", instructions: 840, pieces: 14),
    Bound("grep: {pattern: [png, GET]}", instructions: 890, pieces: 14),
    Bound("replace: {pattern: '^([0-9.]+) - - ', with: '$1 '}", instructions: 3_000, pieces: 14),
    Bound("cut: {fields: '1,7', delimiter: ' '}", instructions: 1_050, pieces: 14),
    Bound("{cut: {fields: '1,7', delimiter: ' '}, fanout: 2}", instructions: 1_080, pieces: 16),
    Bound(
      "{cut: {fields: '1', delimiter: ' '}}, {count: {by: this, top: 20}}", instructions: 610,
      pieces: 14),
    Bound("dedupe", instructions: 900, pieces: 14),
    Bound("sort", instructions: 4_050, pieces: 30),
    Bound("{delay: 0s, fanout: 64}", lines: 6_000, instructions: 14_000, pieces: 3_700),
    Bound(
      "{delay: 0s, fanout: 64, timeout: 60s}", lines: 6_000, instructions: 17_000, pieces: 7_300),
    Bound(
      "filter: this.added > 100, select: [page, added]", .json, instructions: 5_600, pieces: 50),
    Bound("assert: this.added >= 0, unset: user", .json, instructions: 6_500, pieces: 30),
    Bound("select: [page, user, added]", .json, output: "csv", instructions: 6_100, pieces: 45),
    Bound("count: {by: this.page}", .json, instructions: 3_300, pieces: 25),
    Bound("filter: this.status == 200", .csv, instructions: 9_500, pieces: 25),
    Bound(
      "aggregate: {by: this.status, fields: {most: max(this.took), n: count()}}", .csv,
      instructions: 8_000, pieces: 25),
  ]

  private static func skips(_ count: Int, _ key: String = "") -> String {
    let stage = key.isEmpty ? "skip: 0" : "{skip: 0, \(key)}"
    return Array(repeating: stage, count: count).joined(separator: ", ")
  }

  // MARK: Counting

  @Test(arguments: bounds)
  func `a line takes no more instructions than it did`(bound: Bound) throws {
    let each = try costOfALine(bound, Self.instructions)
    #expect(each <= Double(bound.instructions))
  }

  @Test(arguments: bounds)
  func `a line asks for no more memory than it did`(bound: Bound) throws {
    let each = try costOfALine(bound, Self.pieces)
    #expect(1000 * each <= Double(bound.pieces))
  }

  /// What each line adds: starting the program costs more than a few of them.
  private func costOfALine(_ bound: Bound, _ cost: (Command) throws -> Int) throws -> Double {
    let few = bound.lines / 3
    let (less, more) = (try command(bound, lines: few), try command(bound, lines: bound.lines))
    return try Double(cost(more) - cost(less)) / Double(bound.lines - few)
  }

  private func command(_ bound: Bound, lines: Int) throws -> Command {
    let folder = try CommandFolder()
    try folder.add("input", Array((0..<lines).map(bound.input.line).joined().utf8))
    var command = try call(
      bound.yaml, input: .file(folder.path("input")), output: .counted, in: folder)
    command.program = counted
    return command
  }

  /// As valgrind counts them.
  private static func instructions(of command: Command) throws -> Int {
    var command = command
    let options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    command.arguments = ["valgrind"] + options + [counted ?? ""] + command.arguments
    command.program = "/usr/bin/env"
    let told = try command.run()
    try #require(told.status == 0, "\(told.messages)")
    let line = try #require(told.messages.split(separator: "\n").first { $0.contains("refs:") })
    let count = line.drop { $0 != ":" }.filter(\.isNumber)
    return try #require(Int(count))
  }

  /// How often it asks for memory.
  private static func pieces(of command: Command) throws -> Int {
    var command = command
    let (counter, count) = (command.folder.path("counter.so"), command.folder.path("count"))
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    var compiler = Command(
      ["clang", "-shared", "-fPIC", "-o", counter, source.path + "/Counted/Allocations.c"],
      in: command.folder)
    compiler.program = "/usr/bin/env"
    let compiled = try compiler.run()
    try #require(compiled.status == 0, "\(compiled.messages)")
    command.environment = ["LD_PRELOAD": counter, "ALLOCATIONS": count]
    let told = try command.run()
    try #require(told.status == 0, "\(told.messages)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: count))
    return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
  }
}

extension CountTests.Input {
  /// Line `i` from 0 on, of some hundred bytes. CSV begins with its header.
  fileprivate func line(_ i: Int) -> String {
    switch self {
    case .log:
      let status = i % 9 == 4 ? 404 : 200
      return "83.149.9.\(i % 250) - - [17/May/2015:10:05:\(10 + i % 50) +0000] "
        + "\"GET /presentations/\(i * 7919 % 1000).png HTTP/1.1\" \(status) \(i % 30000)\n"
    case .json:
      return
        #"{"time":"2015-09-12T00:47:\#(10 + i % 50)Z","channel":"en","page":"Page \#(i % 999)","#
        + #""user":"somebody","isRobot":false,"added":\#(i * 31 % 400),"delta":\#(i % 77)}"# + "\n"
    case .csv:
      if i == 0 { return "time,status,took,ok,path,user\n" }
      return "2015-09-12T00:47:\(10 + i % 50)Z,\(i % 9 == 4 ? 404 : 200),\(i % 99)ms,true,"
        + "/presentations/\(i * 7919 % 1000),\"some, body\"\n"
    }
  }
}
