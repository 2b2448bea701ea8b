import Lines

/// Gives sorted items, batch by batch.
struct SortOutput {
  private var merge: SortMerge
  private let unique: Bool
  /// The item that was given last and what it stands in, where equal ones are left out.
  private var last: (entry: SortEntry, bytes: [UInt8])?
  /// The input lines of the items in the batch that is being made, if the source keeps them.
  private var origins: [(number: UInt64, line: [UInt8])] = []

  init(_ merge: SortMerge, unique: Bool) {
    self.merge = merge
    self.unique = unique
  }

  mutating func give(into out: inout BatchBuilder) throws(Failure) -> Progress {
    defer { putOrigins(&out) }
    while let front = merge.front {
      if out.isFull { return .full }
      put(front.entry, front.bytes, &out)
      do throws(ScratchFile.Fault) { try merge.advance() } catch { throw .scratch(error) }
    }
    return .done
  }

  private mutating func put(_ entry: SortEntry, _ bytes: [UInt8], _ out: inout BatchBuilder) {
    if unique {
      if let last, entry.order(bytes, last.entry, last.bytes) == 0 { return }
      remember(entry, bytes)
    }
    out.append(bytes, entry.item)
    out.endLine(number: entry.number, kind: entry.kind)
    if let origin = entry.origin(in: bytes) { origins.append((entry.number, Array(bytes[origin]))) }
  }

  /// Bytes of a file are read over: of these only the key is kept.
  private mutating func remember(_ entry: SortEntry, _ bytes: [UInt8]) {
    let key = Array(bytes[entry.key])
    last = (
      SortEntry(
        in: key, from: 0, keyLength: key.count, itemLength: 0, number: 0, kind: .line,
        rank: entry.rank),
      key
    )
  }

  /// Hands on the input lines of a batch as one block, in the order of their numbers.
  private mutating func putOrigins(_ out: inout BatchBuilder) {
    if origins.isEmpty { return }
    origins.sort { $0.number < $1.number }
    var builder = BatchBuilder(delimiter: 0x0A)
    var before: UInt64?
    for (number, line) in origins where number != before {
      builder.append(line)
      builder.endLine(number: number)
      before = number
    }
    var lines = builder.take(covering: 0..<0)
    lines.addOrigins(lines)
    out.inherit(from: lines)
    origins = []
  }
}
