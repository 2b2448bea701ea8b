import Lines
import Records

/// Changes which fields records have and what they are called: the work of `unset`, `select` and
/// `rename`.
struct FieldEdit: Transform {
  let editor: RowEditor
  let setting: Setting

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      try out.append(batch, cursor.item, editedBy: editor, [], setting)
      cursor.advance()
    }
    return .done
  }
}

extension BatchBuilder {
  /// Item `i` with some of its fields changed, the others as they were read.
  mutating func append(
    _ batch: Batch, _ i: Int, editedBy editor: RowEditor, _ sources: [FieldSource],
    _ setting: Setting
  ) throws(Failure) {
    if batch.kind(i) == .line { throw .noRecord }
    do throws(RecordFault) {
      try batch.withBytes { (bytes) throws(RecordFault) in
        try editor.apply(bytes, batch.range(i), sources, batch.tokens, into: &self)
      }
    } catch {
      throw Failure(.expression, "the item has no fields: it is of type \(error.found)")
    }
    try endResult(like: batch, i, setting, kind: .record)
  }
}

extension Failure {
  /// What a stage that works on fields says of a line.
  static let noRecord = Failure(
    .expression, "the item is a line and has no fields",
    remedy: "make records of the lines first, for instance by 'parse: json'")
}
