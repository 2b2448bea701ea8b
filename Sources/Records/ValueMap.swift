/// A map from keys to values that keeps the order in which its keys were written. Few keys are looked
/// for one by one, many by their hash. Never changed once it is made.
package final class ValueMap: Sendable {
  package struct Entry: Sendable {
    package var key: Value
    package var value: Value

    package init(_ key: Value, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  package let entries: [Entry]
  /// Positions in `entries` plus one, by hash, with open addressing; empty for few entries.
  private let table: [UInt32]

  package static let empty = ValueMap([])

  /// Above this many entries a map has a table.
  private static let few = 12

  /// - Parameter entries: no two with equal keys; of those that are, only the first is found.
  package init(_ entries: [Entry]) {
    self.entries = entries
    table = entries.count > Self.few ? Self.table(of: entries) : []
  }

  /// A record: names and their values.
  package convenience init(record fields: [(Text, Value)]) {
    self.init(fields.map { Entry(.string($0.0), $0.1) })
  }

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  /// The value of the key that is equal to `key`: 1, 1u and 1.0 are the same key.
  package subscript(key: Value) -> Value? {
    position(of: key).map { entries[$0].value }
  }

  package subscript(name: Text) -> Value? {
    if table.isEmpty {
      for entry in entries {
        if case .string(let text) = entry.key, text == name { return entry.value }
      }
      return nil
    }
    return self[.string(name)]
  }

  package func position(of key: Value) -> Int? {
    if table.isEmpty { return entries.firstIndex { $0.key == key } }
    let mask = table.count - 1
    var slot = key.hashValue & mask
    while table[slot] != 0 {
      let position = Int(table[slot]) - 1
      if entries[position].key == key { return position }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private static func table(of entries: [Entry]) -> [UInt32] {
    var size = 32
    while size < entries.count * 2 { size *= 2 }
    var table = [UInt32](repeating: 0, count: size)
    for (position, entry) in entries.enumerated() {
      var slot = entry.key.hashValue & (size - 1)
      while table[slot] != 0 { slot = (slot + 1) & (size - 1) }
      table[slot] = UInt32(position + 1)
    }
    return table
  }
}

/// Puts a map together; setting a key a second time keeps its place and changes its value.
package struct ValueMapBuilder {
  private var entries: [ValueMap.Entry] = []
  /// By key, once there are many.
  private var positions: [Value: Int] = [:]

  package init() {}

  package init(_ map: ValueMap) {
    entries = map.entries
    if entries.count > 12 { findPositions() }
  }

  package var count: Int { entries.count }

  package func contains(_ key: Value) -> Bool { position(of: key) != nil }

  private func position(of key: Value) -> Int? {
    if positions.isEmpty { return entries.firstIndex { $0.key == key } }
    return positions[key]
  }

  /// Setting nil takes the key away, which for a map of many keys takes time with each that follows.
  package subscript(key: Value) -> Value? {
    get { position(of: key).map { entries[$0].value } }
    set {
      let found = position(of: key)
      guard let newValue else {
        if let found { remove(at: found) }
        return
      }
      if let found {
        entries[found].value = newValue
        return
      }
      entries.append(ValueMap.Entry(key, newValue))
      if !positions.isEmpty {
        positions[key] = entries.count - 1
      } else if entries.count > 12 {
        findPositions()
      }
    }
  }

  private mutating func remove(at found: Int) {
    entries.remove(at: found)
    if positions.isEmpty { return }
    findPositions()
  }

  private mutating func findPositions() {
    positions = Dictionary(minimumCapacity: entries.count)
    for (i, entry) in entries.enumerated() { positions[entry.key] = i }
  }

  package func map() -> ValueMap { ValueMap(entries) }
}
