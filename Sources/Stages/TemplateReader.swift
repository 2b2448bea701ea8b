import PipelineModel

/// What is wrong in the text of a template.
struct TemplateError: Error {
  var message: String
  var remedy: String?
  /// In bytes from the start of the text.
  var offset: Int
}

/// Reads the text of a template into its parts.
struct TemplateReader {
  private let text: [UInt8]
  private var position = 0
  private var parts: [Template.Part] = []
  private var literal: [UInt8] = []

  init(_ text: [UInt8]) { self.text = text }

  mutating func read(_ setting: Setting) throws(TemplateError) -> [Template.Part] {
    while position < text.count {
      if text[position] == UInt8(ascii: "{"), try placeholder(setting) { continue }
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

  /// True if one stood here and was taken.
  private mutating func placeholder(_ setting: Setting) throws(TemplateError) -> Bool {
    if take("{{}") {
      literal.append(UInt8(ascii: "{"))
      return true
    }
    for (written, part) in [("{}", Template.Part.item), ("{line}", .line), ("{nr}", .number)]
    where take(written) {
      flush()
      parts.append(part)
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
    try refuseExpressions()
    return false
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
  ) throws(TemplateError) -> Bool {
    guard let value else {
      throw TemplateError(message: message, remedy: remedy, offset: position)
    }
    literal += value.utf8
    position += prefix.utf8.count + name.utf8.count + 1
    return true
  }

  /// `{= EXPR}` and `{this…}` mean something as soon as there are records: a file must not come to
  /// mean something else then.
  private func refuseExpressions() throws(TemplateError) {
    let rest = text[position...]
    let remedy = "write '{{}' for a brace that means itself"
    if rest.starts(with: "{=".utf8) {
      throw TemplateError(
        message: "expressions in templates are not in this version", remedy: remedy,
        offset: position)
    }
    guard rest.starts(with: "{this".utf8), let next = rest.dropFirst(5).first,
      "}.[?".utf8.contains(next)
    else { return }
    throw TemplateError(
      message: "records, and with them '{this}', are not in this version",
      remedy: "write '{}' for the whole item, or '{{}' for a brace that means itself",
      offset: position)
  }
}
