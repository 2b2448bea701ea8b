/// One item on its own: what an asynchronous stage is given.
package struct Item: Sendable {
  /// A batch of just this item.
  package let batch: Batch

  init(batch: Batch) { self.batch = batch }

  /// The number of the input line it began with; nil if it has none.
  package var number: UInt64? { batch.number(0) == 0 ? nil : batch.number(0) }
  package var kind: ItemKind { batch.kind(0) }
  /// In bytes.
  package var length: Int { batch.length(0) }
  package var bytes: [UInt8] { batch.bytes(0) }

  package func withBytes<R: ~Copyable, E: Error>(
    _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    try batch.withLine(0, body)
  }

  /// A copy of the input line as it was read; nil unless the source keeps them.
  package var origin: [UInt8]? { withOrigin { $0?.array } }

  /// The input line as it was read; nil unless the source keeps them.
  package func withOrigin<R: ~Copyable, E: Error>(
    _ body: (RawSpan?) throws(E) -> R
  ) throws(E) -> R {
    try batch.withOrigin(of: batch.number(0), body)
  }
}
