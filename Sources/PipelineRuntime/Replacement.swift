import Lines
import Stages

extension Policy {
  /// What takes the place of an item whose failure the policy absorbs. The counts of lines in and
  /// out are the caller's. Throws when the policy itself fails: that is never absorbed.
  func replacement(
    for failed: StageFailure, _ item: Item, attempts: Int, _ delimiter: UInt8
  ) throws(Failure) -> Output {
    var output = Output(effects: [.absorbed(failed)], number: item.number)
    switch absorption {
    case .fail: break
    case .skip: output.counts.skipped = 1
    case .pass:
      output.batch = item.batch
      output.counts.passed = 1
    case .collect:
      let record = Batch.single(
        record(failed, item, attempts).collected, like: item, kind: .error, delimiter)
      output.batch = try inField(record, of: item, delimiter)
      output.counts.collected = 1
    case .replace(let value, let setting):
      output.counts.replaced = 1
      var out = BatchBuilder(viewing: item.batch, delimiter: delimiter)
      try value.append(to: &out, for: item.batch, 0, setting)
      output.batch = try inField(out.take(covering: 0..<0), of: item, delimiter)
    case .deadLetter(let port):
      var letter = record(failed, item, attempts)
      letter.source = item.withOrigin { $0?.array }
      output.effects.insert(
        .write(SideWrite(port: port, bytes: letter.deadLetter, failure: failed)), at: 0)
      output.counts.deadLettered = 1
    }
    return output
  }

  private func record(_ failed: StageFailure, _ item: Item, _ attempts: Int) -> ErrorRecord {
    ErrorRecord(failure: failed, attempts: attempts, input: item.text, source: nil)
  }

  /// What takes the result's place: the item's, or that of the field named by `into`.
  private func inField(
    _ result: Batch, of item: Item, _ delimiter: UInt8
  ) throws(Failure) -> Batch {
    guard let field, field.takesResult else { return result }
    var out = BatchBuilder(viewing: item.batch, delimiter: delimiter)
    try field.worker().put(replacement: result, for: item.batch, 0, into: &out)
    return out.take(covering: 0..<0)
  }
}

extension Batch {
  /// One item of these bytes with the number and origin of `item`, accounting for no input line.
  static func single(
    _ bytes: [UInt8], like item: Item, kind: ItemKind, _ delimiter: UInt8
  ) -> Batch {
    var builder = BatchBuilder(delimiter: delimiter, capacity: bytes.count + 1, lines: 1)
    builder.append(bytes)
    builder.endLine(like: item.batch, 0, kind: kind)
    return builder.take(covering: 0..<0)
  }
}
