package import Lines
package import Records

extension Item {
  /// The item as text: a line as it is, a record as JSON.
  package var text: [UInt8] { batch.text(0) }
}

extension Batch {
  /// Item `i` as text: a line as it is, a record as JSON.
  package func text(_ i: Int) -> [UInt8] {
    guard kind(i) == .record else { return bytes(i) }
    var builder = BatchBuilder(delimiter: 0x0A)
    let range = range(i)
    withBytes { builder.append(json: $0, row: range) }
    return builder.takeOpenLine()
  }
}

extension BatchBuilder {
  /// Ends the open line with a value as the item that takes the place of item `i`: a string is a line,
  /// all else a record.
  package mutating func appendItem(
    _ value: Value, like batch: Batch, _ i: Int, _ setting: Setting
  ) throws(Failure) {
    switch value {
    case .string(let text): append(text.bytes)
    case .bytes(let bytes): append(bytes)
    default: append(rowValue: value)
    }
    let isLine: Bool
    switch value {
    case .string(let text):
      isLine = true
      if text.bytes.contains(setting.delimiter) { noteInnerDelimiters() }
    case .bytes(let bytes):
      isLine = true
      if bytes.contains(setting.delimiter) { noteInnerDelimiters() }
    default:
      // A row may have any byte in it.
      isLine = false
      noteInnerDelimiters()
    }
    try endResult(like: batch, i, setting, kind: isLine ? .line : .record)
  }

  /// Ends the open line with a copy of a part of item `i`, a value that stands at `range` of the
  /// batch's bytes: a string is a line, all else a record.
  mutating func appendItem(
    at range: Range<Int>, of batch: Batch, _ i: Int, _ setting: Setting
  ) throws(Failure) {
    let kind = batch.withBytes { append(itemOf: $0.extracting(range)) }
    try endResult(like: batch, i, setting, kind: kind)
  }
}
