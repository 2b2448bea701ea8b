import Lines

/// The fields of a row, in their order: memory of its own, since it is written field by field.
@safe
final class FoundFields {
  private var fields: UnsafeMutablePointer<RowFields.Field>
  private var room = 16
  /// Of the row read last.
  private(set) var count = 0
  /// How many have been written; behind `count` stand those of rows before.
  private var written = 0

  init() { unsafe fields = .allocate(capacity: room) }

  deinit { unsafe fields.deallocate() }

  @inline(__always)
  subscript(i: Int) -> RowFields.Field {
    precondition(i >= 0 && i < count, "There is no such field.")
    return unsafe fields[i]
  }

  func removeAll() { count = 0 }

  @inline(__always)
  func add(_ field: RowFields.Field) {
    if count == room { grow() }
    unsafe (fields + count).initialize(to: field)
    count &+= 1
    if count > written { written = count }
  }

  @inline(never)
  private func grow() {
    let larger = UnsafeMutablePointer<RowFields.Field>.allocate(capacity: room * 2)
    unsafe larger.initialize(from: fields, count: count)
    unsafe fields.deallocate()
    unsafe fields = larger
    room *= 2
  }

  /// Which of the names the field was that stood, in the row before, where the next one will; -1 for
  /// none of them.
  @inline(__always)
  var matchBefore: Int { count < written ? unsafe fields[count].match : -1 }

  /// Finds the same fields in another row, which has them at the same tokens.
  func findAgain(_ map: MapText) {
    for i in 0..<count {
      let field = unsafe fields + i
      let tokens = unsafe field.pointee.tokens
      unsafe field.pointee.name = map.name(tokens.lowerBound)
      unsafe field.pointee.value = map.value(tokens.lowerBound, tokens.upperBound)
    }
  }
}
