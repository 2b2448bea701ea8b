/// Input lines as they were read, each block's sorted by number, for templates that use `{line}`.
@usableFromInline
final class Origins: Sendable {
  /// At least one.
  let blocks: [Block]

  init(_ blocks: [Block]) { self.blocks = blocks }
}

extension Block {
  /// What is needed of it as an origin.
  var asOrigin: Block { Block(storage: storage, table: table, limit: limit) }

  /// The place of line `number`, by halving: after compaction there are gaps.
  fileprivate func extent(of number: UInt64) -> Extent? {
    var lower = 0
    var upper = table.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if table[middle].number < number { lower = middle + 1 } else { upper = middle }
    }
    return lower < table.count && table[lower].number == number ? table[lower] : nil
  }
}

extension Batch {
  var origins: [Block] {
    get { block.origins?.blocks ?? [] }
    set { block = block.with(newValue.isEmpty ? nil : Origins(newValue)) }
  }

  /// The input line `number` as it was read, if the source keeps lines and an item of this batch
  /// came from it; else nil.
  package func withOrigin<R: ~Copyable, E: Error>(
    of number: UInt64, _ body: (RawSpan?) throws(E) -> R
  ) throws(E) -> R {
    for origin in origins {
      guard let extent = origin.extent(of: number) else { continue }
      return try origin.storage.withBytes(upTo: origin.limit) { (bytes) throws(E) in
        try body(bytes.extracting(extent.range))
      }
    }
    return try body(nil)
  }

  /// Items whose text as it was read is not one line have it here, as lines of `lines` with their
  /// numbers; found before all others.
  package mutating func addOrigins(_ lines: Batch) {
    origins.insert(lines.block.asOrigin, at: 0)
  }

  /// The origins of the items in this batch and no others, in memory of their own.
  func compactedOrigins() -> [Block] {
    var numbers = (0..<count).map { number($0) }
    // Items are nearly always in order already; a batch of `reverse` is not.
    numbers.sort()
    var builder = BatchBuilder(delimiter: 0x0A)
    var last: UInt64 = 0
    for number in numbers where number != last {
      last = number
      withOrigin(of: number) { line in
        guard let line else { return }
        builder.append(line)
        builder.endLine(number: number)
      }
    }
    if builder.isEmpty { return [] }
    let lines = builder.take(covering: 0..<0)
    return [lines.block.asOrigin]
  }
}
