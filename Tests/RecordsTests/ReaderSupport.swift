import Lines
import Records
import Testing

/// What reading a text gives, however it is cut into reads.
struct ReadRecords: Equatable {
  var records: [String] = []
  var numbers: [UInt64] = []
  var failures: [RecordInputFailure] = []
  var covered: Range<UInt64> = 1..<1
  var isGapless = true

  static func read<Reader: RecordReader & ~Copyable>(
    _ text: [UInt8], by reader: consuming Reader, atOnce: Int = 1 << 20, maxLine: Int = 1 << 20
  ) -> ReadRecords {
    var splitter = RecordSplitter(reader, maxLine: maxLine)
    var result = ReadRecords()
    var rest = text[...]
    while !rest.isEmpty {
      let part = rest.prefix(atOnce)
      let count = splitter.fill { space in
        let count = min(space.count, part.count)
        space.copyBytes(from: part.prefix(count))
        return count
      }
      rest = rest.dropFirst(count)
      guard result.drain({ () throws(RecordInputFailure) in try splitter.take() }) else {
        return result
      }
    }
    _ = result.drain { () throws(RecordInputFailure) in try splitter.finish() }
    return result
  }

  /// - Returns: false if nothing more can be read.
  private mutating func drain(_ next: () throws(RecordInputFailure) -> Batch?) -> Bool {
    while true {
      do throws(RecordInputFailure) {
        guard let batch = try next() else { return true }
        add(batch)
      } catch {
        failures.append(error)
        if case .tooLong = error.reason { return false }
      }
    }
  }

  private mutating func add(_ batch: Batch) {
    if batch.covered.lowerBound != covered.upperBound { isGapless = false }
    covered = covered.lowerBound..<batch.covered.upperBound
    for i in 0..<batch.count {
      #if DEBUG
        precondition(batch.kind(i) == .record)
      #endif
      records.append(json(batch.bytes(i)))
      numbers.append(batch.number(i))
    }
  }
}

/// Rows that were checked together, all of them: behind the last ones stood others, since too little can
/// be read behind the last lines of a batch.
func checked(_ rows: [String]) throws -> Batch {
  var batch = Batch.of(
    rows + Array(repeating: #"{"padding":"behind what is looked at"}"#, count: 8))
  batch.tokens = JSONChecker().checkLines(batch)
  try #require(batch.tokens != nil)
  return batch.asKind(.record).slice(0..<rows.count)
}
