import Lines
import Records

/// `[a, ?b]`.
final class ListNode: Node {
  let elements: [(node: any Node, isOptional: Bool)]
  let place: Range<Int>

  init(_ elements: [(node: any Node, isOptional: Bool)], _ place: Range<Int>) {
    self.elements = elements
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var list: [Value] = []
    list.reserveCapacity(elements.count)
    for (node, isOptional) in elements {
      let value = try node.value(&frame, bytes)
      if !isOptional {
        list.append(value)
      } else if let inner = try value.unwrapped(at: node.place) {
        list.append(inner)
      }
    }
    return .list(list)
  }
}

/// `{a: b, ?c: d}`.
final class MapNode: Node {
  let elements: [(key: any Node, value: any Node, isOptional: Bool)]
  let place: Range<Int>

  init(_ elements: [(key: any Node, value: any Node, isOptional: Bool)], _ place: Range<Int>) {
    self.elements = elements
    self.place = place
  }

  func value(_ frame: inout Frame, _ bytes: RawSpan) throws(EvaluationFault) -> Value {
    var map = ValueMapBuilder()
    for element in elements {
      let key = try element.key.value(&frame, bytes)
      guard key.isKey else {
        throw EvaluationFault(
          "\(key.article) can not be the key of a map", at: element.key.place)
      }
      if map.contains(key) {
        throw EvaluationFault("the key \(key.shown) stands here twice", at: element.key.place)
      }
      let value = try element.value.value(&frame, bytes)
      if !element.isOptional {
        map[key] = value
      } else if let inner = try value.unwrapped(at: element.value.place) {
        map[key] = inner
      }
    }
    return .map(map.map())
  }
}

extension Value {
  var isKey: Bool {
    switch self {
    case .int, .uint, .bool, .string: true
    default: false
    }
  }

  /// The value in an optional one.
  func unwrapped(at place: Range<Int>) throws(EvaluationFault) -> Value? {
    guard case .optional(let inner) = self else {
      throw EvaluationFault(
        "behind '?' stands an optional value, and this is \(article)", at: place)
    }
    return inner
  }

  /// For messages: short.
  var shown: String {
    switch self {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .int(let number): "\(number)"
    case .uint(let number): "\(number)u"
    case .double(let number): "\(number)"
    case .string(let text) where text.bytes.count <= 40: "'\(text.string)'"
    default: article
    }
  }
}
