package import Lines
package import PipelineModel
package import Records

/// What the results of one item become where a single value is wanted: the field named by `into`, a
/// branch of `gather`, what `await` collects (SEMANTICS 6.1). A line is a string there, a record what
/// it is.
package struct ItemResults: Sendable {
  private let form: ResultsForm
  /// Who takes the value, for messages: `'into'`.
  private let taker: String

  package init(_ form: ResultsForm, for taker: String) {
    self.form = form
    self.taker = taker
  }

  /// The value, for a `RowEditor`: no result is null, or with `.list` an empty list.
  ///
  /// - Parameter results: all items that the work gave for one item, in order, in any number of
  ///   batches, empty ones too.
  /// - Throws: with `.one`, when there are two or more.
  package func source(_ results: [Batch]) throws(Failure) -> FieldSource {
    if form == .list { return .row(list(results)) }
    let count = results.reduce(0) { $0 + $1.count }
    if count > 1 {
      throw Failure(
        .expression, "\(count) results, and \(taker) takes one",
        remedy: "end the branch with 'join' or say 'results: list'")
    }
    guard let result = results.first(where: { !$0.isEmpty }) else { return .value(.null) }
    if result.kind(0) == .line { return .value(.string(Text(result.bytes(0)))) }
    return .row(result.bytes(0))
  }

  /// The same value as a row, of either form, for `BatchBuilder.field(_:row:)`.
  package func row(_ results: [Batch]) throws(Failure) -> [UInt8] {
    switch try source(results) {
    case .row(let row): return row
    case .value(let value):
      var builder = BatchBuilder(delimiter: 0x0A)
      builder.append(rowValue: value)
      return builder.takeOpenLine()
    case .place, .unchanged: return []
    }
  }

  private func list(_ results: [Batch]) -> [UInt8] {
    var builder = BatchBuilder(delimiter: 0x0A)
    builder.append(listOf: results)
    return builder.takeOpenLine()
  }
}
