import Lines
import Records

/// What a macro goes through, and the variables it names.
struct Loop: Sendable {
  let range: any Node
  /// The numbers of the variables: the element or the key, or, with two, position or key and
  /// element or value.
  let first: Int
  let second: Int?
  let name: String

  /// Calls `body` for each element, with the variables set, until it gives false.
  ///
  /// - Parameter body: given the key or position, and the element or value.
  func run(
    _ frame: inout Frame, _ bytes: RawSpan, at place: Range<Int>,
    _ body: (inout Frame, Value, Value) throws(EvaluationFault) -> Bool
  ) throws(EvaluationFault) {
    switch try range.value(&frame, bytes) {
    case .list(let list):
      for (position, element) in list.enumerated() {
        try frame.step(at: place)
        let position = Value.int(Int64(position))
        frame.locals[first] = second == nil ? element : position
        if let second { frame.locals[second] = element }
        guard try body(&frame, position, element) else { return }
      }
    case .map(let map):
      for entry in map.entries {
        try frame.step(at: place)
        frame.locals[first] = entry.key
        if let second { frame.locals[second] = entry.value }
        guard try body(&frame, entry.key, entry.value) else { return }
      }
    case let other:
      throw EvaluationFault(
        "\(name) goes through a list or a map, and this is \(other.article)", at: range.place)
    }
  }
}

/// `list.all(x, condition)` and `list.exists(x, condition)`: one element that decides makes up for
/// others that fail.
final class QuantifierNode: Node {
  let loop: Loop
  let condition: any Node
  /// True for `exists`.
  let decisive: Bool
  let place: Range<Int>

  init(_ loop: Loop, _ condition: any Node, decisive: Bool, _ place: Range<Int>) {
    self.loop = loop
    self.condition = condition
    self.decisive = decisive
    self.place = place
  }

  func bool(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Bool {
    var fault: EvaluationFault?
    var isDecided = false
    let base = frame.held
    try loop.run(&frame, bytes, at: place) { (frame, _, _) throws(EvaluationFault) in
      defer { frame.held = base }
      do throws(EvaluationFault) {
        isDecided = try condition.bool(&frame, bytes) == decisive
      } catch {
        if error.kind.isFinal { throw error }
        if fault == nil { fault = error }
      }
      return !isDecided
    }
    if isDecided { return decisive }
    if let fault { throw fault }
    return !decisive
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    .bool(try bool(&frame, bytes))
  }
}

/// `list.exists_one(x, condition)`.
final class ExistsOneNode: Node {
  let loop: Loop
  let condition: any Node
  let place: Range<Int>

  init(_ loop: Loop, _ condition: any Node, _ place: Range<Int>) {
    self.loop = loop
    self.condition = condition
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var count = 0
    let base = frame.held
    try loop.run(&frame, bytes, at: place) { (frame, _, _) throws(EvaluationFault) in
      defer { frame.held = base }
      if try condition.bool(&frame, bytes) { count += 1 }
      return true
    }
    return .bool(count == 1)
  }
}

/// `map`, `filter` and `transformList`: a list of what is made of the elements that are wanted.
final class ListLoopNode: Node {
  let loop: Loop
  let condition: (any Node)?
  /// Nil for the elements, or keys, themselves.
  let result: (any Node)?
  let place: Range<Int>

  init(_ loop: Loop, if condition: (any Node)?, _ result: (any Node)?, _ place: Range<Int>) {
    self.loop = loop
    self.condition = condition
    self.result = result
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var list: [Value] = []
    let base = frame.held
    var kept = 0
    try loop.run(&frame, bytes, at: place) { (frame, _, _) throws(EvaluationFault) in
      defer { frame.held = base + kept }
      if let condition, !(try condition.bool(&frame, bytes)) { return true }
      let value = try result?.value(&frame, bytes) ?? frame.locals[loop.first]
      try frame.hold(value, &kept, beside: base, at: place)
      list.append(value)
      return true
    }
    return .list(list)
  }
}

/// `transformMap` and `transformMapEntry`.
final class MapLoopNode: Node {
  let loop: Loop
  let condition: (any Node)?
  let result: any Node
  /// Whether the result is a map with the entries, and not a value for the key that there is.
  let isEntry: Bool
  let place: Range<Int>

  init(
    _ loop: Loop, if condition: (any Node)?, _ result: any Node, isEntry: Bool,
    _ place: Range<Int>
  ) {
    self.loop = loop
    self.condition = condition
    self.result = result
    self.isEntry = isEntry
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var map = ValueMapBuilder()
    let base = frame.held
    var kept = 0
    try loop.run(&frame, bytes, at: place) { (frame, key, _) throws(EvaluationFault) in
      defer { frame.held = base + kept }
      if let condition, !(try condition.bool(&frame, bytes)) { return true }
      let value = try result.value(&frame, bytes)
      try frame.hold(value, &kept, beside: base, at: place)
      if isEntry { try add(value, to: &map) } else { map[key] = value }
      return true
    }
    return .map(map.map())
  }

  private func add(
    _ value: Value, to map: inout ValueMapBuilder
  ) throws(EvaluationFault) {
    guard case .map(let entries) = value else {
      throw EvaluationFault(
        "transformMapEntry wants a map here, and this is \(value.article)", at: result.place)
    }
    for entry in entries.entries {
      if map.contains(entry.key) {
        throw EvaluationFault("the key \(entry.key.shown) is made twice", at: result.place)
      }
      map[entry.key] = entry.value
    }
  }
}

/// `list.sortBy(x, key)`.
final class SortByNode: Node {
  let loop: Loop
  let key: any Node
  let place: Range<Int>

  init(_ loop: Loop, _ key: any Node, _ place: Range<Int>) {
    self.loop = loop
    self.key = key
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var keys: [Value] = []
    var elements: [Value] = []
    let base = frame.held
    var kept = 0
    try loop.run(&frame, bytes, at: place) { (frame, _, element) throws(EvaluationFault) in
      defer { frame.held = base + kept }
      let value = try key.value(&frame, bytes)
      try frame.hold(value, &kept, beside: base, at: place)
      keys.append(value)
      elements.append(element)
      return true
    }
    return try located { () throws(Problem) in
      .list(try Sorting.positions(of: keys).map { elements[$0] })
    }
  }
}
