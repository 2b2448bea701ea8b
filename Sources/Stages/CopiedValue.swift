import Expressions
import Lines
import Records

/// Evaluates an expression whose value goes on as it is. One that only names a field, as this.user
/// does, gives the place of that field, so that its bytes are copied and not read and written anew:
/// large numbers and escapes stay as they were. One worker's.
struct CopiedValue {
  private var evaluator: Evaluator
  private let slot: Int?

  init(_ program: Program) {
    evaluator = program.evaluator()
    slot = program.copiedSlot
  }

  /// The value for the item that `values` loaded last.
  ///
  /// - Returns: a place or a value.
  mutating func source(_ values: ItemValues, _ batch: Batch) throws(Failure) -> FieldSource {
    if let slot, let place = values.place(ofSlot: slot) { return .place(place) }
    return .value(try evaluator.value(values, batch))
  }
}
