import Lines
package import Records

/// A compiled expression. Shared by all workers; each evaluates it with an `Evaluator` of its own.
package struct Program: Sendable {
  let root: any Node
  /// What its value will be, as far as it is known.
  package let type: Type
  let locals: Int
  let patterns: [Pattern]
  /// The calls whose results are slots, in the order of their numbers.
  package let gatherings: [Gathering]

  /// The value, if it is the same for every item.
  package var constant: Value? { (root as? ConstantNode)?.constant }

  /// The number of the slot, if the value is just what that slot holds.
  package var copiedSlot: Int? { (root as? SlotNode)?.number }

  /// - Parameter mayGoOn: asked every 10,000 steps of a long evaluation; false cancels it.
  package func evaluator(mayGoOn: (() -> Bool)? = nil) -> Evaluator {
    Evaluator(self, mayGoOn: mayGoOn)
  }
}

/// Evaluates a program: one worker's.
package struct Evaluator {
  private let root: any Node
  private var frame: Frame

  init(_ program: Program, mayGoOn: (() -> Bool)?) {
    root = program.root
    frame = Frame(locals: program.locals, patterns: program.patterns, mayGoOn: mayGoOn)
  }

  /// - Parameters:
  ///   - slots: one for each of the needs that the program was compiled with.
  ///   - bytes: what the texts of the slots stand in.
  /// - Throws: why there is no value.
  package mutating func evaluate(
    _ slots: Slots, in bytes: RawSpan
  ) throws(EvaluationFault) -> Value {
    frame.begin(slots)
    let value = try root.value(&frame, bytes)
    switch value {
    case .list, .map, .optional:
      do throws(Problem) {
        try Limit.check(weightOf: value)
      } catch {
        throw error.at(root.place)
      }
    default: break
    }
    return value
  }

  /// The value of a condition. That it is no bool is a fault, too.
  package mutating func evaluateBool(
    _ slots: Slots, in bytes: RawSpan
  ) throws(EvaluationFault) -> Bool {
    frame.begin(slots)
    return try root.bool(&frame, bytes)
  }
}
