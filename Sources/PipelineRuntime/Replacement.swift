import Lines
import Stages

extension Policy {
  /// What takes the place of an item whose failure the policy absorbs. The counts of lines in and
  /// out are the caller's.
  func replacement(
    for failed: StageFailure, _ item: Item, attempts: Int, _ delimiter: UInt8
  ) -> Output {
    var output = Output(number: item.number)
    switch absorption {
    case .fail: break
    case .skip: output.counts.skipped = 1
    case .pass:
      output.batch = item.batch
      output.counts.passed = 1
    case .collect:
      output.batch = Batch.single(
        record(failed, item, attempts).collected, like: item, kind: .error, delimiter)
      output.counts.collected = 1
    case .replace(let template):
      output.counts.replaced = 1
      if let text = try? template.render(item) {
        output.batch = Batch.single(text, like: item, kind: .line, delimiter)
      }
    case .deadLetter(let port):
      var letter = record(failed, item, attempts)
      letter.source = item.origin
      output.effects = [.write(port, path: nil, letter.deadLetter)]
      output.counts.deadLettered = 1
    }
    return output
  }

  private func record(_ failed: StageFailure, _ item: Item, _ attempts: Int) -> ErrorRecord {
    ErrorRecord(failure: failed, attempts: attempts, input: item.bytes, source: nil)
  }
}
