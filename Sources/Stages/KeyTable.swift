import Lines
import Records

/// Distinct keys, each with a number in the order in which it first came. Texts, which keys mostly
/// are, are held in one piece.
struct KeyTable {
  private var texts = LineTable()
  /// The number of each text among all keys.
  private var textNumbers: [Int] = []
  private var others: [Value: Int] = [:]
  private var otherValues: [Value] = []
  /// Where each key is: the index of a text, or the complement of that of another value.
  private var places: [Int] = []

  var count: Int { places.count }

  /// The number of the key and whether it is new; nil if it would be one more than `limit`.
  @inline(__always)
  mutating func insert(text: RawSpan, limit: Int) -> (number: Int, isNew: Bool)? {
    if count >= limit { return texts.index(of: text).map { (textNumbers[$0], false) } }
    let (index, isNew) = texts.insert(text)
    return (isNew ? number(newText: index) : textNumbers[index], isNew)
  }

  private mutating func number(newText index: Int) -> Int {
    textNumbers.append(count)
    places.append(index)
    return count - 1
  }

  mutating func insert(_ value: Value, limit: Int) -> (number: Int, isNew: Bool)? {
    if case .string(let text) = value {
      return text.withSpan { insert(text: $0, limit: limit) }
    }
    if let number = others[value] { return (number, false) }
    if count >= limit { return nil }
    others[value] = count
    places.append(~otherValues.count)
    otherValues.append(value)
    return (count - 1, true)
  }

  subscript(number: Int) -> Value {
    let place = places[number]
    return place < 0 ? otherValues[~place] : .string(texts.withLine(place) { Text($0) })
  }

  /// Appends key `number` as a field of the row that is being made.
  func write(_ number: Int, as name: FieldName, into out: inout BatchBuilder) {
    let place = places[number]
    if place < 0 {
      out.field(name, otherValues[~place])
    } else {
      texts.withLine(place) { out.field(name, text: $0) }
    }
  }
}
