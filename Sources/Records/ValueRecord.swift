import Lines

extension ValueMap {
  /// The entries as a record has them, with names for keys: numbers and booleans in their usual
  /// spelling. Of two keys that are spelt alike the last one's value stays, in the first one's place.
  package var recordEntries: [(name: Text, value: Value)] {
    var fields: [(name: Text, value: Value)] = []
    fields.reserveCapacity(count)
    var hasSpelt = false
    for entry in entries {
      if case .string(let name) = entry.key {
        fields.append((name, entry.value))
      } else {
        hasSpelt = true
        fields.append((entry.key.spelling, entry.value))
      }
    }
    if !hasSpelt { return fields }
    var places: [Text: Int] = [:]
    var unique: [(name: Text, value: Value)] = []
    for field in fields {
      if let place = places[field.name] {
        unique[place].value = field.value
      } else {
        places[field.name] = unique.count
        unique.append(field)
      }
    }
    return unique
  }
}

extension Value {
  /// As people write it, without quotes around text: strings as they are, all else as JSON has it.
  package var spelling: Text {
    if case .string(let text) = self { return text }
    var builder = BatchBuilder(delimiter: 0x0A)
    builder.append(json: self, quotesSpecial: false)
    return Text(builder.takeOpenLine())
  }
}
