import Foundation
import Records
import TestSupport
import Testing

/// Random expressions, compared with another implementation.
struct OracleTests {
  @Test(.enabled(if: LongRun.isAsked, "set STREAMLINE_LONG to run it; it needs cel-expr-python"))
  func `random expressions have the values that the C++ implementation gives them`() throws {
    let seed = ProcessInfo.processInfo.environment["STREAMLINE_SEED"].flatMap { UInt64($0) } ?? 1
    var maker = ExpressionMaker(random: Random(seed: seed))
    let texts = (0..<20_000).map { _ in maker.expression() }
    let answers = try Oracle.answers(to: texts)
    try #require(!answers.isEmpty, "the other implementation is not installed")
    try #require(answers.count == texts.count, "it ends at \(texts[answers.count])")
    var differences: [String] = []
    for (text, answer) in zip(texts, answers) {
      let ours = Oracle.describe { try evaluated(text, isChecked: false) }
      let theirs = Oracle.describe(answer)
      if ours != theirs, !Oracle.isStated(answer) {
        differences.append("\(text)\n  ours   \(ours)\n  theirs \(theirs) \(answer["error"] ?? "")")
      }
    }
    let valued = answers.filter { $0["error"] == nil }.count
    print("CEL fuzz: \(texts.count) expressions, \(valued) with a value, seed \(seed)")
    for difference in differences.prefix(50) { Issue.record(Comment(rawValue: difference)) }
    #expect(differences.count == 0)
  }
}

/// The other implementation, run as a process.
enum Oracle {
  static func answers(to texts: [String]) throws -> [[String: Any]] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "streamline-oracle-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let input = folder.appending(path: "expressions")
    let lines = try texts.map { text in
      let json = try JSONSerialization.data(withJSONObject: [text])
      return String(decoding: json, as: UTF8.self).dropFirst().dropLast()
    }
    try lines.joined(separator: "\n").write(to: input, atomically: true, encoding: .utf8)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "oracle.py")
    guard let stream = popen("python3 '\(script.path())' < '\(input.path())'", "r") else {
      return []
    }
    defer { pclose(stream) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&block, 1, block.count, stream), count > 0 {
      bytes += block[..<count]
    }
    return bytes.split(separator: 0x0A).compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
    }
  }

  /// Whether it is a failure where we have a value, as the manual says: numbers of different types
  /// mix, and arguments are looked at when they are evaluated, not before; or it crashed.
  static func isStated(_ answer: [String: Any]) -> Bool {
    guard let message = answer["error"] as? String else { return false }
    let mixed = #/overloads found : _[+\-*\/]_\((u?int64, double|double, u?int64)\)/#
    return message.contains(mixed) || message.contains("math.least()")
      || message.contains("crashed") || message.contains("math.greatest()")
      || message.contains("sortBy can only be")
      || message.contains("must have the same type") || message.contains("<iter_range>")
      || message.contains("_[?_](list, ") || message.contains("than <string>.size()")
  }

  static func describe(_ work: () throws -> Value) -> String {
    do {
      return describe(try work())
    } catch {
      return "error"
    }
  }

  /// One text for one value, whatever the order of its keys.
  private static func describe(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .int(let number): "int \(number)"
    case .uint(let number): "uint \(number)"
    case .double(let number): "double \(number.isNaN ? "NaN" : "\(number)")"
    case .string(let text): "string \(text.bytes)"
    case .bytes(let bytes): "bytes \(bytes)"
    case .list(let list): "[\(list.map { describe($0) }.joined(separator: ", "))]"
    case .map(let map):
      "{\(map.entries.map { key(describe($0.key)) + ": " + describe($0.value) }.sorted())}"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .type(let name): "type \(name)"
    case .optional: "optional"
    }
  }

  /// The other implementation does not tell the type of a key that is a number.
  private static func key(_ text: String) -> String {
    text.hasPrefix("uint") ? String(text.dropFirst()) : text
  }

  static func describe(_ answer: [String: Any]) -> String {
    guard let tag = answer["t"] as? String else { return "error" }
    let text = answer["v"] as? String ?? ""
    switch tag {
    case "bytes": return "bytes \(stride(from: 0, to: text.count, by: 2).map { byte(text, $0) })"
    case "list":
      let list = answer["v"] as? [[String: Any]] ?? []
      return "[\(list.map { describe($0) }.joined(separator: ", "))]"
    case "map":
      let pairs = answer["v"] as? [[[String: Any]]] ?? []
      return "{\(pairs.map { key(describe($0[0])) + ": " + describe($0[1]) }.sorted())}"
    case "double":
      return "double \(Double(text).map { $0.isNaN ? "NaN" : "\($0)" } ?? text)"
    default: return Tagged.value(answer).map { describe($0) } ?? tag
    }
  }

  private static func byte(_ text: String, _ position: Int) -> UInt8 {
    let start = text.index(text.startIndex, offsetBy: position)
    return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16) ?? 0
  }
}
