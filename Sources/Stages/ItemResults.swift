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
    if count > 1 { throw tooMany(count) }
    guard let result = results.first(where: { !$0.isEmpty }) else { return .value(.null) }
    return value(result, 0)
  }

  /// The same of results that are the items of `range`.
  func source(_ results: Batch, _ range: Range<Int>) throws(Failure) -> FieldSource {
    if form == .list { return .row(list([results.slice(range)])) }
    if range.count > 1 { throw tooMany(range.count) }
    return range.isEmpty ? .value(.null) : value(results, range.lowerBound)
  }

  private func value(_ results: Batch, _ i: Int) -> FieldSource {
    results.kind(i) == .line ? .value(.string(Text(results.bytes(i)))) : .row(results.bytes(i))
  }

  private func tooMany(_ count: Int) -> Failure {
    Failure(
      .expression, "\(count) results, and \(taker) takes one",
      remedy: "end the branch with 'join' or say 'results: list'")
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
