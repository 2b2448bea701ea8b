import Expressions
import PipelineModel
import YAMLTree

/// Reads the text of a template into its parts.
struct TemplateReader {
  private let text: [UInt8]
  private let setting: Setting
  /// Where a byte of the text stands in the file.
  private let place: (Int) -> Place
  private var position = 0
  private var parts: [Template.Part] = []
  private var literal: [UInt8] = []
  private(set) var expressions: TemplateExpressions?
  /// Whether anything stood there that was not itself.
  private(set) var hasPlaceholders = false
  /// Whether values that are put in now are percent-encoded, but for one at the very beginning.
  var encodesValues = false

  init(_ text: [UInt8], _ setting: Setting, place: @escaping (Int) -> Place) {
    self.text = text
    self.setting = setting
    self.place = place
  }

  /// Throws what is wrong, at its place.
  mutating func read() throws(Diagnostic) -> [Template.Part] {
    while position < text.count {
      if text[position] == UInt8(ascii: "{"), try placeholder() {
        hasPlaceholders = true
        continue
      }
      literal.append(text[position])
      position += 1
    }
    flush()
    return parts
  }

  private mutating func flush() {
    if !literal.isEmpty { parts.append(.text(literal)) }
    literal = []
  }

  private mutating func append(_ part: Template.Part) {
    if case .text(let text) = part { return insert(text) }
    flush()
    parts.append(part)
  }

  /// A value that is the same for all items.
  private mutating func insert(_ value: [UInt8]) {
    let isFirst = parts.isEmpty && literal.isEmpty
    literal += encodesValues && !isFirst ? value.percentEncoded : value
  }

  /// True if one stood here and was taken.
  private mutating func placeholder() throws(Diagnostic) -> Bool {
    if take("{{}") {
      literal.append(UInt8(ascii: "{"))
      return true
    }
    let plain: [(String, Template.Part)] = [
      ("{}", .item), ("{this}", .item), ("{line}", .line), ("{nr}", .number),
    ]
    for (written, part) in plain where take(written) {
      append(part)
      return true
    }
    if let name = name(behind: "{params.") {
      let known = setting.parameters.keys.sorted()
      let value = setting.parameters[name]
      let remedy =
        Spelling.hint(for: name, in: known) ?? "declare it under 'params' at the top of the file"
      return try insert(value, name, prefix: "{params.", "there is no parameter '\(name)'", remedy)
    }
    if let name = name(behind: "{env.") {
      let message = "the environment variable '\(name)' is not set"
      return try insert(setting.environment[name], name, prefix: "{env.", message, nil)
    }
    return try expression()
  }

  private mutating func take(_ written: String) -> Bool {
    guard text[position...].starts(with: written.utf8) else { return false }
    position += written.utf8.count
    return true
  }

  /// The name between `prefix` and a closing brace.
  private func name(behind prefix: String) -> String? {
    let rest = text[position...]
    guard rest.starts(with: prefix.utf8) else { return nil }
    let behind = rest.dropFirst(prefix.utf8.count)
    let name = behind.prefix { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    guard !name.isEmpty, name.endIndex < text.endIndex, text[name.endIndex] == UInt8(ascii: "}")
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  private mutating func insert(
    _ value: String?, _ name: String, prefix: String, _ message: String, _ remedy: String?
  ) throws(Diagnostic) -> Bool {
    guard let value else {
      throw Diagnostic(message, at: place(position), remedy: remedy, code: "template")
    }
    insert(Array(value.utf8))
    position += prefix.utf8.count + name.utf8.count + 1
    return true
  }

  /// `{= EXPR}`, or a field of the item: `{this.user}`, `{this["a b"]}`.
  private mutating func expression() throws(Diagnostic) -> Bool {
    let rest = text[position...]
    let start: Int
    if rest.starts(with: "{=".utf8) {
      start = position + 2
    } else if rest.starts(with: "{this".utf8), let next = rest.dropFirst(5).first,
      ".[".utf8.contains(next)
    {
      start = position + 1
    } else {
      return false
    }
    let end: Int
    do throws(ExpressionFault) {
      end = try Expression.end(in: text, from: start)
    } catch {
      throw Diagnostic(
        error.message, at: place(error.range.lowerBound),
        remedy: error.remedy ?? "write '{{}' for a brace that means itself", code: "template")
    }
    var expressions = self.expressions ?? TemplateExpressions(setting)
    let place = self.place
    append(try expressions.add(Array(text[start..<end])) { place(start + $0) })
    self.expressions = expressions
    position = end + 1
    return true
  }
}
