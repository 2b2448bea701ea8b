import Foundation
import Testing
import YAMLTree

/// The YAML test suite with what libyaml 0.2.5 says about each of its documents.
struct SuiteTests {
  private static var file: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "../../../shared/corpora/hostile/yaml-test-suite.ndjson"
    ).standardizedFileURL
  }
  private static var isThere: Bool { FileManager.default.fileExists(atPath: file.path) }

  private struct Case: Decodable {
    var id: String
    var yaml: String
    var json: String?
    var error: Bool
    var libyaml: [String]

    var isAccepted: Bool { libyaml[1] == "ok" }
  }

  private static func cases() throws -> [Case] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Case.self, from: Data($0.utf8))
    }
  }

  @Test(.enabled(if: isThere, "the corpora are not beside the project"))
  func `every document of the suite is read or refused as libyaml does`() throws {
    let cases = try Self.cases()
    #expect(cases.count == 402)
    for one in cases {
      do throws(ReadingFailure) {
        _ = try YAMLReader.documents(Source(file: one.id, text: one.yaml))
        #expect(one.isAccepted, "\(one.id) is read")
      } catch {
        #expect(!one.isAccepted, "\(one.id) is refused: \(error.message)")
      }
    }
  }

  /// Where libyaml 0.2.5 itself reads something else than the suite: `{?foo: bar}` and `[?x]` as a
  /// key, and an anchor that ends before a colon.
  private static let readDifferently: Set = ["652Z", "HM87/01", "Y2GN"]

  @Test(.enabled(if: isThere, "the corpora are not beside the project"))
  func `the values read agree with the suite's JSON`() throws {
    var compared = 0
    for one in try Self.cases() where one.isAccepted && !one.error {
      guard let json = one.json, let expected = JSONValue.stream(json) else { continue }
      let documents = try YAMLReader.documents(Source(file: one.id, text: one.yaml))
      let agrees = documents.map { JSONValue($0.root) } == expected
      #expect(agrees != Self.readDifferently.contains(one.id), "\(one.id)")
      compared += 1
    }
    #expect(compared > 200)
  }
}

/// A value as JSON has it. Keys are compared by their text, whatever they resolve to.
indirect enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(_ node: Node) {
    switch node.content {
    case .sequence(let items): self = .list(items.map { JSONValue($0) })
    case .mapping(let entries):
      self = .object(
        Dictionary(entries.map { ($0.key.scalar?.text ?? "?", JSONValue($0.value)) }) { $1 })
    case .scalar(let scalar):
      switch node.resolved {
      case .null, nil: self = .null
      case .bool(let value): self = .bool(value)
      case .int(let value): self = .number(Double(value))
      case .double(let value): self = .number(value)
      case .string: self = .string(scalar.text)
      }
    }
  }

  /// The suite writes one JSON value after another, with nothing or white space between.
  static func stream(_ text: String) -> [JSONValue]? {
    var reader = JSONText(text: Array(text.utf8))
    var values: [JSONValue] = []
    while !reader.isAtEnd {
      guard let value = reader.value() else { return nil }
      values.append(value)
    }
    return values
  }
}

/// Reads JSON that is known to be good.
private struct JSONText {
  var text: [UInt8]
  var position = 0

  var isAtEnd: Bool {
    mutating get {
      while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) {
        position += 1
      }
      return position == text.count
    }
  }

  private mutating func skip(_ character: Character) -> Bool {
    guard !isAtEnd, text[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func value() -> JSONValue? {
    if skip("[") { return list() }
    if skip("{") { return object() }
    guard !isAtEnd else { return nil }
    if text[position] == UInt8(ascii: "\"") { return string().map(JSONValue.string) }
    let start = position
    while position < text.count, !Array(",]} \t\n\r".utf8).contains(text[position]) {
      position += 1
    }
    let word = String(decoding: text[start..<position], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: return Double(word).map(JSONValue.number)
    }
  }

  private mutating func list() -> JSONValue? {
    var items: [JSONValue] = []
    while !skip("]") {
      guard let item = value() else { return nil }
      items.append(item)
      _ = skip(",")
    }
    return .list(items)
  }

  private mutating func object() -> JSONValue? {
    var members: [String: JSONValue] = [:]
    while !skip("}") {
      guard !isAtEnd, let key = string(), skip(":"), let member = value() else { return nil }
      members[key] = member
      _ = skip(",")
    }
    return .object(members)
  }

  private mutating func string() -> String? {
    let start = position
    position += 1
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      position += text[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    position += 1
    return try? JSONDecoder().decode(String.self, from: Data(text[start..<position]))
  }
}
