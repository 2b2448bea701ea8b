package import YAMLTree

/// The checked values of a stage's own fields, in the order of its manual. A field with a default
/// value is always there.
package struct Arguments: Sendable {
  package struct Entry: Sendable {
    package var name: String
    package var argument: Argument
    /// False for a default.
    package var isGiven: Bool
  }
  package var entries: [Entry]
  /// Where the value of the kind stands.
  package var place: Place

  package init(entries: [Entry] = [], place: Place) {
    self.entries = entries
    self.place = place
  }

  package func argument(_ name: String) -> Argument? {
    entries.first { $0.name == name }?.argument
  }

  /// Whether the file named the field.
  package func isGiven(_ name: String) -> Bool {
    entries.contains { $0.name == name && $0.isGiven }
  }

  /// The place of the field's value, or of the stage's kind if it was left out.
  package func place(_ name: String) -> Place { argument(name)?.place ?? place }

  package func string(_ name: String) -> String? { argument(name)?.string }
  package func bool(_ name: String) -> Bool? { argument(name)?.bool }
  package func int(_ name: String) -> Int? { argument(name)?.int }
  package func double(_ name: String) -> Double? { argument(name)?.double }
  package func duration(_ name: String) -> Duration? { argument(name)?.duration }
  /// A size in bytes.
  package func size(_ name: String) -> Int? { argument(name)?.size }
  package func rate(_ name: String) -> Rate? { argument(name)?.rate }
  package func list(_ name: String) -> [Argument]? { argument(name)?.list }
  package func strings(_ name: String) -> [String]? { argument(name)?.list?.compactMap(\.string) }
  package func mapping(_ name: String) -> [NamedArgument]? { argument(name)?.mapping }
  package func arguments(_ name: String) -> Arguments? { argument(name)?.arguments }
}

/// One value with the node it was read from.
package struct Argument: Sendable {
  package var value: ArgumentValue
  package var node: Node

  package init(_ value: ArgumentValue, node: Node) {
    self.value = value
    self.node = node
  }

  package var place: Place { node.place }

  /// The place in the file of a byte of the text (UTF-8 offset in `string`): exact in one-line
  /// scalars and literal blocks, near in folded ones.
  package func place(at offset: Int) -> Place { node.place(atOffset: offset) }

  package var string: String? { if case .string(let value) = value { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = value { value } else { nil } }
  package var int: Int? { if case .int(let value) = value { value } else { nil } }
  package var double: Double? { if case .double(let value) = value { value } else { nil } }
  package var duration: Duration? { if case .duration(let value) = value { value } else { nil } }
  package var size: Int? { if case .bytes(let value) = value { value } else { nil } }
  package var rate: Rate? { if case .rate(let value) = value { value } else { nil } }
  package var list: [Argument]? { if case .list(let value) = value { value } else { nil } }
  package var mapping: [NamedArgument]? {
    if case .mapping(let value) = value { value } else { nil }
  }
  package var arguments: Arguments? {
    if case .arguments(let value) = value { value } else { nil }
  }
}

/// One key of a mapping whose keys the user chooses.
package struct NamedArgument: Sendable {
  package var name: String
  package var key: Node
  package var argument: Argument
}

package enum ArgumentValue: Sendable {
  case string(String)
  case bool(Bool)
  case int(Int)
  case double(Double)
  case duration(Duration)
  case bytes(Int)
  case rate(Rate)
  case list([Argument])
  case mapping([NamedArgument])
  case arguments(Arguments)
  case stages([StageDefinition])
  case node
}
