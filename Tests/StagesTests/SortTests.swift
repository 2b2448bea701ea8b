import Foundation
import Lines
import Records
import Stages
import TestSupport
import Testing

private let seeds: [UInt64] = [1, 2, 3, 4, 5, 6]

/// Options, the same for `sort`, and what puts a line in order.
private let forms: [(options: String, command: [String])] = [
  ("", []), (", descending: true", ["-r"]), (", numeric: true", ["-n"]),
  (", numeric: true, descending: true", ["-n", "-r"]), (", unique: true", ["-u"]),
  (", numeric: true, unique: true", ["-n", "-u"]),
]

/// A text that may be a number.
private func numberText(_ random: inout Random) -> [UInt8] {
  let digits = Array("0123456789".utf8)
  var text = random.pick(["", "", " ", "-", "  -", "x"]).utf8.map { $0 }
  text += random.bytes(digits, upTo: random.below(12) == 0 ? 40 : 4)
  if random.below(3) == 0 { text += [0x2E] + random.bytes(digits, upTo: 4) }
  return text + random.bytes(Array("a .".utf8), upTo: 2)
}

@Test(arguments: seeds)
func `sort gives what the command sort gives, from memory and from a file`(seed: UInt64) throws {
  var random = Random(seed: seed)
  for form in forms {
    let isNumeric = form.options.contains("numeric")
    let lines = (0..<400).map { _ -> [UInt8] in
      isNumeric ? numberText(&random) : random.line()
    }
    let path = FileManager.default.temporaryDirectory.appending(path: "sort-\(seed)-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(lines.map { $0 + [0x0A] }.joined()).write(to: URL(fileURLWithPath: path))
    let expected = try printed(["sort", "-s"] + form.command, path, locale: "C")
    for memory in ["1KiB", "8KiB", "256MiB"] {
      let output = try StageRun("sort: {memory: \(memory)\(form.options)}").run(
        lines, batchSize: 1 + random.below(90))
      let given = [UInt8](output.lines.map { $0 + [0x0A] }.joined())
      #expect(given == expected, "seed \(seed), \(form.options), \(memory)")
    }
  }
}

@Test func `sort is stable, and descending too`() throws {
  for memory in ["1KiB", "1MiB"] {
    for (order, expected) in [("false", ["a", "b"]), ("true", ["b", "a"])] {
      let lines = (0..<300).map { "\($0 % 2 == 0 ? "b" : "a")\($0)" }
      let run = try StageRun(
        "sort: {by: 'this.substring(0, 1)', descending: \(order), memory: \(memory)}")
      let sorted = run.run(lines.joined(separator: "\n"), batchSize: 17)
      let wanted = expected.flatMap { letter in lines.filter { $0.hasPrefix(letter) } }
      #expect(sorted.text == wanted.joined(separator: "\n") + "\n")
      #expect(sorted.numbers == wanted.map { UInt64($0.dropFirst())! + 1 })
    }
  }
}

@Test func `natural order compares the numbers within a text`() throws {
  let input = "file10.txt\nfile9.txt\nfile09a\nfile\nfile2b10\nfile2b9\n"
  let expected = "file\nfile2b9\nfile2b10\nfile9.txt\nfile09a\nfile10.txt\n"
  #expect(try output("sort: {natural: true}", input) == expected)
}

@Test(arguments: seeds)
func `the bytes of a sort key stand in the order of the values`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let values = (0..<300).map { _ in randomValue(&random, depth: 2) }
  let keys = try values.map { value throws(Failure) in
    var key: [UInt8] = []
    let rank = try key.append(sortKey: value, .plain)
    return [rank] + key
  }
  var wrong: [String] = []
  for i in values.indices {
    for j in values.indices {
      let order = keys[i].order(0..<keys[i].count, keys[j], 0..<keys[j].count)
      let given: ValueOrder = order < 0 ? .before : order == 0 ? .same : .after
      if given != values[i].sortOrder(values[j]) { wrong.append("\(values[i]) and \(values[j])") }
    }
  }
  #expect(wrong.isEmpty, "seed \(seed): \(wrong.prefix(5))")
}

@Test func `records are put in order by their fields, whatever types these have`() throws {
  let input = [
    #"{"v":"b"}"#, #"{"v":10}"#, #"{"v":null}"#, #"{"v":9.5}"#, #"{"v":true}"#, #"{"v":"a"}"#,
    #"{"v":[1,2]}"#, #"{"v":[1]}"#, #"{"v":9007199254740993}"#, #"{"v":9007199254740992.0}"#,
    #"{"w":1}"#,
  ]
  let run = try StageRun("sort: this.?v")
  let sorted = run.run(records: input).texts
  #expect(sorted == [2, 10, 4, 3, 1, 9, 8, 5, 0, 7, 6].map { input[$0] })
  let failing = try StageRun("sort: this.v").run(records: input)
  #expect(failing.failure?.kind == .expression)
  #expect(failing.failure?.message == "there is no 'this.v'")
}

@Test func `lines and records in one stream are sorted together`() throws {
  let output = try StageRun("sort").run(mixed: ["b", #"{"a":1}"#, "a", "3"])
  #expect(output.texts == ["3", "a", "b", #"{"a":1}"#])
}

@Test func `a folder that is not there stops the stage and says what to do`() throws {
  let setting = Setting(environment: ["TMPDIR": "/nowhere/at/all"])
  let lines = (0..<200).map { "line \($0)" }.joined(separator: "\n")
  let output = try StageRun("sort: {memory: 1KiB}", setting).run(lines)
  #expect(output.failure?.kind == .stage)
  #expect(
    output.failure?.message
      == "cannot make a temporary file in '/nowhere/at/all': No such file or directory")
  #expect(output.failure?.remedy?.contains("TMPDIR") == true)
}

@Test func `a sort leaves nothing in its folder, while it works and when it is dropped`() throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "scratch-\(UUID())").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let setting = Setting(environment: ["TMPDIR": folder])
  guard case .transform(let make) = try StageRun("sort: {memory: 1KiB}", setting).work else {
    return
  }
  do {
    var transform = make()
    let batch = Batch.of((0..<500).map { "line \($0)" })
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: batch.count, into: &out)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    #expect(openFiles(in: folder) == 1, "it has put nothing aside")
  }
  #expect(openFiles(in: folder) == 0)
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
}

/// How many descriptors of this process are open on files of a folder, removed ones too.
private func openFiles(in folder: String) -> Int {
  let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  let open = numbers.filter { number in
    let target = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/self/fd/\(number)")
    return target?.hasPrefix(folder) == true
  }
  return open.count
}

@Test func `the result is given a batch at a time`() throws {
  let lines = [String](repeating: String(repeating: "x", count: 99), count: 9000)
  for memory in ["16KiB", "256MiB"] {
    let sizes = try StageRun("sort: {memory: \(memory)}").run(
      lines.joined(separator: "\n"), batchSize: 500
    ).batches
    #expect(sizes.reduce(0, +) == 9000 && (sizes.max() ?? 0) < 3000, "\(memory)")
  }
}

@Test func `an empty stream is sorted to nothing`() throws {
  #expect(try output("sort", "") == "")
  #expect(try output("sort", "\n\n") == "\n\n")
}

/// A value of any type, lists and maps down to some depth.
func randomValue(_ random: inout Random, depth: Int) -> Value {
  let numbers: [Value] = [
    0, -1, .uint(3), .double(3.5), .double(-0.0), .double(.nan), .double(.infinity),
    .int(.max), .int(.min), .uint(.max), .double(9_223_372_036_854_775_808),
    .double(18_446_744_073_709_551_616), .int(9_007_199_254_740_993),
    .double(9_007_199_254_740_992), .double(.leastNonzeroMagnitude), .int(.max - 1),
    .uint(.max - 1024),
  ]
  switch random.below(depth > 0 ? 10 : 8) {
  case 0: return random.pick([.null, .bool(false), .bool(true)])
  case 1, 2: return random.pick(numbers)
  case 3: return .int(Int64(random.below(20)) - 10)
  case 4, 5: return .string(Text(random.bytes([0, 1, 0x61, 0xFF], upTo: 4)))
  case 6: return .bytes(random.bytes([0, 1, 0xFF], upTo: 3))
  case 7:
    let part = Int32(random.below(3)) - 1
    let seconds = Int64(random.below(3)) - 1
    if random.below(2) == 0 {
      return Timestamp(seconds: seconds, nanoseconds: abs(part)).map { .timestamp($0) } ?? .null
    }
    return TimeSpan(seconds: seconds, nanoseconds: Int64(part)).map { .duration($0) } ?? .null
  case 8: return .list((0..<random.below(4)).map { _ in randomValue(&random, depth: depth - 1) })
  default:
    var map = ValueMapBuilder()
    for _ in 0..<random.below(3) {
      map[.string(Text(random.bytes([0, 0x61], upTo: 2)))] = randomValue(&random, depth: depth - 1)
    }
    return .map(map.map())
  }
}

@Test func `the input line of an item goes with it, through memory and file`() throws {
  for memory in ["1KiB", "1MiB"] {
    guard case .transform(let make) = try StageRun("sort: {memory: \(memory)}").work else { return }
    var transform = make()
    var batch = Batch.of((0..<200).map { "\(($0 * 7) % 200 + 1000)" })
    batch.addOrigins(Batch.of((0..<200).map { "line \(($0 * 7) % 200 + 1000)" }))
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: 200, into: &out)
    _ = try transform.finish(into: &out)
    let sorted = out.take(covering: 0..<0)
    let lines = (0..<sorted.count).map { i in
      sorted.item(i).origin.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(lines == (1000..<1200).map { "line \($0)" })
  }
}

@Test(
  .enabled(if: Corpora.areThere, "\(Corpora.missing)"),
  arguments: Corpora.small + Corpora.hostile)
func `sort and count agree with the commands on files as they come`(path: String) throws {
  let input = try Corpora.bytes(path)
  let sorted = try printed(["sort"], path, locale: "C")
  #expect(try StageRun("sort").written(input) == sorted)
  #expect(try StageRun("sort: {memory: 64KiB}").written(input) == sorted)
  // The counts themselves: how a key is written as JSON is not their matter.
  var counts: [Int] = []
  var before: [UInt8]?
  for line in sorted.lines {
    if line == before { counts[counts.count - 1] += 1 } else { counts.append(1) }
    before = line
  }
  let records = try StageRun("count").run(input.lines).texts
  let given = records.compactMap { $0.split(separator: ":").last.flatMap { Int($0.dropLast()) } }
  #expect(given == counts.sorted(by: >))
}

/// Keys that are the same for long, that end within a word, and that have zeros where others end.
@Test(arguments: 0..<30)
func `keys are compared to their ends`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let starts = (0..<4).map { _ in random.bytes([0x61, 0x00, 0xFF], upTo: 40) }
  let lines = (0..<400).map { _ in
    random.pick(starts) + random.bytes([0x00, 0x61, 0x62], upTo: random.below(4) == 0 ? 20 : 3)
  }
  for isDescending in [false, true] {
    let wanted = lines.enumerated().sorted { a, b in
      if a.element == b.element { return a.offset < b.offset }
      return a.element.lexicographicallyPrecedes(b.element) != isDescending
    }
    let run = try StageRun("sort: {descending: \(isDescending)}").run(lines)
    #expect(run.lines == wanted.map(\.element), "seed \(seed)")
    #expect(run.numbers == wanted.map { UInt64($0.offset + 1) }, "seed \(seed)")
  }
}

/// What is the same is held, written and compared once; whatever else the items have stays theirs.
@Test(arguments: seeds)
func `items that repeat keep their numbers and their order`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let texts = (0..<12).map { _ in random.bytes([0x00, 0x61, 0x62], upTo: 30) + [0x61, 0x62] }
  let lines = (0..<400).map { _ in random.pick(texts) }
  for (memory, isDescending) in [("1KiB", false), ("6KiB", true), ("256MiB", false)] {
    for (by, start) in [("", Int.max), ("by: 'this.substring(0, 2)', ", 2)] {
      let wanted = lines.enumerated().sorted { a, b in
        let (x, y) = (a.element.prefix(start), b.element.prefix(start))
        if x.elementsEqual(y) { return a.offset < b.offset }
        return x.lexicographicallyPrecedes(y) != isDescending
      }
      let options = "\(by)descending: \(isDescending), memory: \(memory)"
      let sorted = try StageRun("sort: {\(options)}").run(lines, batchSize: 50)
      #expect(sorted.lines == wanted.map(\.element), "seed \(seed), \(options)")
      #expect(sorted.numbers == wanted.map { UInt64($0.offset + 1) }, "seed \(seed), \(options)")
      let first = wanted.indices.filter { i in
        i == 0
          || !wanted[i].element.prefix(start).elementsEqual(wanted[i - 1].element.prefix(start))
      }
      let unique = try StageRun("sort: {unique: true, \(options)}").run(lines, batchSize: 50)
      #expect(unique.lines == first.map { wanted[$0].element }, "seed \(seed), \(options)")
      #expect(
        unique.numbers == first.map { UInt64(wanted[$0].offset + 1) }, "seed \(seed), \(options)")
    }
  }
}

@Test func `the same line is held in memory once`() throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "repeats-\(UUID())").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let setting = Setting(environment: ["TMPDIR": folder])
  for (kinds, files) in [(10, 0), (2000, 1)] {
    guard case .transform(let make) = try StageRun("sort: {memory: 1MiB}", setting).work else {
      return
    }
    var transform = make()
    let text = String(repeating: "x", count: 990)
    let batch = Batch.of((0..<2000).map { "\(text)\($0 % kinds)" })
    var cursor = Cursor()
    var out = BatchBuilder(delimiter: 0x0A)
    _ = try transform.process(batch, &cursor, upTo: batch.count, into: &out)
    #expect(openFiles(in: folder) == files, "\(kinds) different lines of about 2 MB")
  }
}

/// A block that is read of the file may end behind any of the items that repeat.
@Test(arguments: seeds)
func `items that repeat are found again at the start of a block`(seed: UInt64) throws {
  var random = Random(seed: seed)
  let texts = (0..<40).map { _ in random.bytes(Array("abc".utf8), upTo: 300) }
  let lines = (0..<6000).map { _ in random.pick(texts) }
  let wanted = lines.enumerated().sorted { a, b in
    a.element == b.element
      ? a.offset < b.offset : a.element.lexicographicallyPrecedes(b.element)
  }
  let sorted = try StageRun("sort: {memory: 64KiB}").run(lines, batchSize: 1000)
  #expect(sorted.lines == wanted.map(\.element), "seed \(seed)")
  #expect(sorted.numbers == wanted.map { UInt64($0.offset + 1) }, "seed \(seed)")
}
