package import YAMLTree

// How fields are spoken of, in messages and in manuals.

extension FieldType {
  /// What a value must be, for "'count' takes …": "a whole number, 1 or more".
  package var expectation: String {
    switch self {
    case .string, .template: "text"
    case .writtenPath: "the path of a file"
    case .pipeline: "the path of a pipeline file"
    case .pattern: "a pattern or a list of patterns"
    case .expression: "an expression"
    case .bool: "true or false"
    case .int(let range): "a whole number" + Self.words(range, all: Int.min...Int.max)
    case .double(let range):
      "a number" + Self.words(range)
    case .duration(let range): "a duration such as 500ms, 2s or 1m30s" + Self.words(range)
    case .size(let range): "a size such as 64KiB or 1MB" + Self.words(range)
    case .rate: "a rate such as 10/s or 600/m"
    case .choice(let words): Self.list(words.map { "'\($0)'" })
    case .list(let type, let count):
      "a list of \(type.plural)" + (count.upperBound == .max ? "" : Self.words(count, all: 0...0))
    case .mapping: "a mapping"
    case .fields(let fields): "{" + fields.map(\.name).joined(separator: ", ") + "}"
    case .stages: "a list of stages"
    case .oneOf(let types): Self.alternatives(types.map(\.expectation))
    case .any: "any value"
    }
  }

  /// The short name of manuals: "pattern", "number", "list of templates".
  package var manualName: String {
    switch self {
    case .string: "text"
    case .template: "template"
    case .writtenPath: "path (template)"
    case .pipeline: "path"
    case .pattern: "pattern or list of patterns"
    case .expression: "expression"
    case .bool: "true or false"
    case .int(let range): "whole number" + Self.words(range, all: Int.min...Int.max)
    case .double(let range): "number" + Self.words(range)
    case .duration(let range): "duration" + Self.words(range)
    case .size(let range): "size" + Self.words(range)
    case .rate: "rate"
    case .choice(let words): Self.list(words)
    case .list(let type, _): "list of \(type.plural)"
    case .mapping(let type): "mapping of names to \(type.plural)"
    case .fields(let fields): "{" + fields.map(\.name).joined(separator: ", ") + "}"
    case .stages: "list of stages"
    case .oneOf(let types): Self.alternatives(types.map(\.manualName))
    case .any: "any value"
    }
  }

  private var plural: String {
    switch self {
    case .string: "texts"
    case .template: "templates"
    case .writtenPath: "paths"
    case .pattern: "patterns"
    case .expression: "expressions"
    case .int, .double: "numbers"
    case .duration: "durations"
    case .size: "sizes"
    case .fields, .mapping: "mappings"
    default: "values"
    }
  }

  /// `a, b or c`.
  package static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// With a comma before the last, since the parts are phrases.
  private static func alternatives(_ phrases: [String]) -> String {
    guard let last = phrases.last, phrases.count > 1 else { return phrases.first ?? "" }
    return phrases.dropLast().joined(separator: ", ") + ", or " + last
  }

  private static func words<Bound: Comparable>(
    _ range: ClosedRange<Bound>, all: ClosedRange<Bound>, _ write: (Bound) -> String = { "\($0)" }
  ) -> String {
    let isOpenAbove = range.upperBound >= all.upperBound
    if range.lowerBound <= all.lowerBound {
      return isOpenAbove ? "" : ", at most \(write(range.upperBound))"
    }
    if isOpenAbove { return ", \(write(range.lowerBound)) or more" }
    return " from \(write(range.lowerBound)) to \(write(range.upperBound))"
  }

  private static func words(_ range: ClosedRange<Duration>) -> String {
    if range == CommonKeyTable.positive { return " above 0" }
    return words(range, all: .zero ... .maximum) { $0.written }
  }

  private static func words(_ range: ClosedRange<Double>) -> String {
    words(range, all: -Double.infinity...Double.infinity) { bound in
      Int(exactly: bound).map(String.init) ?? "\(bound)"
    }
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    words(range, all: 0...Int.max) { ByteSize.written($0) }
  }
}

extension Node {
  /// What stands there, for "…, not a list".
  package var spokenOf: String {
    switch content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let scalar):
      if isNull { return scalar.text.isEmpty ? "nothing" : "'\(scalar.text)' (nothing)" }
      return Node.quoted(scalar.text)
    }
  }

  /// A text as a quoted scalar of YAML, for remedies: in the quotes that it has none of.
  static func inQuotes(_ text: String) -> String {
    if !text.contains("'") { return "'\(text)'" }
    if !text.contains("\""), !text.contains("\\") { return "\"\(text)\"" }
    return
      "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
  }

  /// The text of the file that the node was read from, if it is short and on one line.
  var sourceLine: String? {
    guard start.line == end.line, source.bytes.indices.contains(start.offset),
      (start.offset...source.bytes.count).contains(end.offset), end.offset - start.offset <= 80
    else { return nil }
    return String(decoding: source.bytes[start.offset..<end.offset], as: UTF8.self)
  }

  /// Text in quotes, short and on one line.
  package static func quoted(_ text: String) -> String {
    var shown = ""
    for character in text.unicodeScalars.prefix(60) {
      shown +=
        character.value < 0x20 || character.value == 0x7F
        ? character.escaped(asASCII: false) : String(character)
    }
    return "'\(shown)\(text.unicodeScalars.count > 60 ? "…" : "")'"
  }
}
