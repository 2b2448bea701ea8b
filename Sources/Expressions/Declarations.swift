package import Records

/// The names that an expression may use, and what they stand for.
package struct Declarations: Sendable {
  package enum Source: Sendable {
    /// A slot that holds its value. `hasFields` if fields of it are located on their own, by paths.
    case slot(hasFields: Bool)
    /// Known before the evaluation.
    case constant(Value)
  }

  struct Variable: Sendable {
    var type: Type
    var source: Source
  }

  private(set) var variables: [String: Variable] = [:]
  /// Functions that gather something over many items, as `count()` in `aggregate`.
  private(set) var gathering: [String: [Signature]] = [:]

  package init() {}

  /// A name whose value is a slot.
  ///
  /// - Parameter hasFields: its fields get slots of their own where an expression names them.
  package mutating func declare(_ name: String, _ type: Type, hasFields: Bool = false) {
    variables[name] = Variable(type: type, source: .slot(hasFields: hasFields))
  }

  /// A name whose value is known now.
  package mutating func declare(_ name: String, _ type: Type, value: Value) {
    variables[name] = Variable(type: type, source: .constant(value))
  }

  /// A function whose calls are handed over to the caller instead of being evaluated.
  ///
  /// - Parameter signatures: in the form `quantile(dyn, double) -> double`.
  package mutating func declare(gathering name: String, _ signatures: [String]) {
    gathering[name] = signatures.map { Signature($0, name: name) }
  }
}

/// What an expression reads: the slots it is to be given, in this order.
package struct Needs: Sendable, Equatable {
  package enum Slot: Sendable, Hashable {
    /// The whole value of a name.
    case variable(String)
    /// A field of a name's value, by the names of the fields that lead to it.
    case field(String, path: [Text])
    /// The result of a call that is handed over, which `Gathering.slot` names.
    case gathering(Int)
  }
  package private(set) var slots: [Slot] = []

  package init() {}

  /// The number of the slot, which is added if nobody needed it before.
  package mutating func number(of slot: Slot) -> Int {
    if let known = slots.firstIndex(of: slot) { return known }
    slots.append(slot)
    return slots.count - 1
  }

  /// A slot for the result of one more call that is handed over.
  mutating func addGathering() -> Int {
    slots.append(.gathering(slots.count))
    return slots.count - 1
  }
}
