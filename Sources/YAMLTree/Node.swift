/// One value of a YAML document with its place. Aliases are resolved: an aliased value stands where
/// it was written, at its anchor.
package struct Node: Sendable {
  package enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping([Entry])
  }

  /// One pair of a mapping, in the order of the file.
  package struct Entry: Sendable {
    package var key: Node
    package var value: Node

    package init(key: Node, value: Node) {
      self.key = key
      self.value = value
    }
  }

  package var content: Content
  /// The tag as libyaml resolved it (`tag:yaml.org,2002:str`, `!has(x)`); nil if none was written.
  package var tag: String?
  package var start: Mark
  /// Behind the last character.
  package var end: Mark
  package var source: Source

  package init(
    _ content: Content, tag: String? = nil, start: Mark, end: Mark, source: Source
  ) {
    self.content = content
    self.tag = tag
    self.start = start
    self.end = end
    self.source = source
  }

  package var place: Place { Place(source: source, line: start.line, column: start.column) }

  package var scalar: Scalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  package var sequence: [Node]? {
    if case .sequence(let nodes) = content { nodes } else { nil }
  }

  package var mapping: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// True for a value that was left out, and for a plain `null` or `~`.
  package var isNull: Bool {
    if case .null = resolved { true } else { false }
  }
}

/// A position in the file: line and column from 1, the column in characters, the offset in bytes.
package struct Mark: Sendable, Equatable {
  package var line: Int
  package var column: Int
  package var offset: Int

  package init(line: Int, column: Int, offset: Int) {
    self.line = line
    self.column = column
    self.offset = offset
  }
}

/// The text of a scalar, with escapes and folding undone.
package struct Scalar: Sendable, Equatable {
  package enum Style: Sendable, Equatable {
    case plain, singleQuoted, doubleQuoted, literal, folded
  }
  package var text: String
  package var style: Style

  package init(text: String, style: Style) {
    self.text = text
    self.style = style
  }
}
