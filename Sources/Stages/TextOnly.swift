package import Lines

/// A computation on text: a whole record fails it, since its bytes are no text.
package struct TextOnly: Transform {
  private var transform: any Transform
  private let kind: String

  package init(_ transform: any Transform, kind: String) {
    self.transform = transform
    self.kind = kind
  }

  package mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    guard batch.hasMarks,
      let record = (cursor.item..<end).first(where: { batch.kind($0) == .record })
    else { return try transform.process(batch, &cursor, upTo: end, into: &out) }
    if record > cursor.item {
      return try transform.process(batch, &cursor, upTo: record, into: &out)
    }
    throw Failure(
      .expression, "'\(kind)' works on text, and the item is a record",
      remedy: "say which field: from: this.NAME, and into: NAME if the record is to stay")
  }

  package var goesByClock: Bool { transform.goesByClock }
  package var wakeUp: Int64? { transform.wakeUp }

  package mutating func tick(
    _ now: Int64, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    try transform.tick(now, into: &out)
  }

  package mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress {
    try transform.finish(into: &out)
  }
}
