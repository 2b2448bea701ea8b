import Expressions
import Foundation
import Records
import Testing

/// The official conformance suite, as far as an expression of streamline can say what it tests.
struct ConformanceTests {
  @Test(.enabled(if: ConformanceCase.areThere, "the folder ../shared/cel is not there"))
  func `all tests of the official suite that need no packages and no messages pass`() {
    let cases = ConformanceCase.all()
    var failures: [String] = []
    for test in cases {
      if let failure = test.run() { failures.append("\(test.id): \(test.text): \(failure)") }
    }
    print("CEL conformance: \(cases.count - failures.count) of \(cases.count) tests pass")
    for failure in failures { Issue.record(Comment(rawValue: failure)) }
    #expect(cases.count == 971)
  }
}

/// One test of the suite; its form is told in the folder's README.md.
struct ConformanceCase {
  let id: String
  let text: String
  private let json: [String: Any]

  private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/cel/given.jsonl").standardizedFileURL

  static let areThere = FileManager.default.fileExists(atPath: file.path())

  /// Those of our profile.
  static func all() -> [ConformanceCase] {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
        let json = object as? [String: Any]
      else { return nil }
      return ConformanceCase(json)
    }
  }

  /// Nil if it is outside of the profile.
  private init?(_ json: [String: Any]) {
    let variables = json["type_env"] as? [[String: Any]] ?? []
    let extensions = json["ext"] as? [String] ?? []
    guard json["container"] as? String == "", !extensions.contains("block"),
      !extensions.contains("network"),
      !variables.contains(where: {
        ($0["name"] as? String)?.contains(".") == true || $0["overloads"] != nil
      }),
      let id = json["id"] as? String, let text = json["expr"] as? String
    else { return nil }
    self.id = id
    self.text = text
    self.json = json
  }

  /// What is wrong; nil if it passes.
  func run() -> String? {
    let expected = json["expect"] as? [String: Any] ?? [:]
    var declarations = Declarations()
    for variable in json["type_env"] as? [[String: Any]] ?? [] {
      guard let name = variable["name"] as? String, let type = Tagged.type(variable["type"]) else {
        return "a declaration that the test can not read"
      }
      declarations.declare(name, type)
    }
    var needs = Needs()
    let program: Program
    do {
      program = try Expression.compile(
        text, declaring: declarations, needs: &needs,
        isChecked: json["disable_check"] as? Bool != true)
    } catch {
      // An error is to come from the evaluation.
      return "does not compile: \(error.message)"
    }
    if let wanted = Tagged.type(expected["deduced_type"]), wanted != program.type {
      return "has the type \(program.type), not \(wanted)"
    }
    if json["check_only"] as? Bool == true { return nil }
    return compare(program, needs, expected)
  }

  private func compare(
    _ program: Program, _ needs: Needs, _ expected: [String: Any]
  ) -> String? {
    let bindings = json["bindings"] as? [String: Any] ?? [:]
    let slots = needs.slots.map { need -> Slot in
      guard case .variable(let name) = need, let value = Tagged.value(bindings[name]) else {
        return .missing
      }
      return .value(value)
    }
    var evaluator = program.evaluator()
    do {
      let nothing: [UInt8] = []
      let value = try evaluator.evaluate(Slots(slots), in: nothing.span.bytes)
      if expected["error"] != nil { return "is \(value), and not an error" }
      guard let wanted = Tagged.value(expected["value"]) else {
        return expected["deduced_type"] == nil ? "a value that the test can not read" : nil
      }
      return Tagged.isSame(value, wanted) ? nil : "is \(value), not \(wanted)"
    } catch {
      return expected["error"] == nil ? "fails: \(error.message)" : nil
    }
  }
}

/// The values and types of the suite.
enum Tagged {
  static func value(_ json: Any?) -> Value? {
    guard let object = json as? [String: Any], let tag = object["t"] as? String else { return nil }
    let text = object["v"] as? String ?? ""
    switch tag {
    case "null": return .null
    case "bool": return (object["v"] as? Bool).map { .bool($0) }
    case "int": return Int64(text).map { .int($0) }
    case "uint": return UInt64(text).map { .uint($0) }
    case "double": return Double(text).map { .double($0) }
    case "string": return Value(text)
    case "bytes": return Data(base64Encoded: text).map { .bytes(Array($0)) }
    case "type": return .type(Text(text))
    case "list": return .list((object["v"] as? [Any] ?? []).compactMap { value($0) })
    case "map":
      var map = ValueMapBuilder()
      for pair in object["v"] as? [[Any]] ?? [] {
        if let key = value(pair[0]) { map[key] = value(pair[1]) }
      }
      return .map(map.map())
    case "timestamp", "duration": return time(tag, object)
    default: return nil
    }
  }

  private static func time(_ tag: String, _ object: [String: Any]) -> Value? {
    guard let text = object["s"] as? String, let seconds = Int64(text),
      let nanoseconds = object["n"] as? Int64
    else { return nil }
    if tag == "duration" {
      return TimeSpan(seconds: seconds, nanoseconds: nanoseconds).map { .duration($0) }
    }
    return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds)).map { .timestamp($0) }
  }

  static func type(_ json: Any?) -> Type? {
    if let name = json as? String {
      let names: [String: Type] = [
        "int": .int, "uint": .uint, "double": .double, "bool": .bool, "string": .string,
        "bytes": .bytes, "null_type": .null, "dyn": .dyn, "timestamp": .timestamp,
        "duration": .duration,
      ]
      return names[name]
    }
    guard let parts = json as? [Any], let kind = parts.first as? String else { return nil }
    switch kind {
    case "list": return type(parts[1]).map { .list($0) }
    case "map":
      guard let key = type(parts[1]), let value = type(parts[2]) else { return nil }
      return .map(key, value)
    case "type": return type(parts[1]).map { .type($0) }
    case "abstract": return type(parts[2]).map { .optional($0) }
    default: return nil
    }
  }

  /// Of the same types, all through.
  static func isSame(_ a: Value, _ b: Value) -> Bool {
    guard a.typeName == b.typeName else { return false }
    switch (a, b) {
    case (.list(let x), .list(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { isSame($0, $1) }
    case (.map(let x), .map(let y)):
      return x.count == y.count
        && x.entries.allSatisfy { entry in
          y.entries.contains { isSame($0.key, entry.key) && isSame($0.value, entry.value) }
        }
    case (.double(let x), .double(let y)):
      return x.bitPattern == y.bitPattern || x.isNaN && y.isNaN
    default: return a == b
    }
  }
}
