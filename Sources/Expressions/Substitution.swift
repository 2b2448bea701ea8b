/// What has been found out about the unknown types of an expression while it is checked.
struct Substitution {
  private var found: [Int: Type] = [:]
  private var count = 0

  mutating func fresh() -> Type {
    count += 1
    return .unknown(count)
  }

  /// The signature with an unknown type of its own for each of its parameters.
  mutating func instance(_ signature: Signature) -> Signature {
    var names: [String: Type] = [:]
    var copy = signature
    copy.parameters = signature.parameters.map { renamed($0, &names) }
    copy.result = renamed(signature.result, &names)
    return copy
  }

  private mutating func renamed(_ type: Type, _ names: inout [String: Type]) -> Type {
    switch type {
    case .parameter(let name):
      if let known = names[name] { return known }
      let new = fresh()
      names[name] = new
      return new
    case .list(let element): return .list(renamed(element, &names))
    case .map(let key, let value):
      return .map(renamed(key, &names), renamed(value, &names))
    case .optional(let inner): return .optional(renamed(inner, &names))
    case .type(let inner): return .type(renamed(inner, &names))
    default: return type
    }
  }

  /// The type with everything put in that is known.
  func resolved(_ type: Type) -> Type {
    switch type {
    case .unknown(let number): found[number].map { resolved($0) } ?? type
    case .list(let element): .list(resolved(element))
    case .map(let key, let value): .map(resolved(key), resolved(value))
    case .optional(let inner): .optional(resolved(inner))
    case .type(let inner): .type(resolved(inner))
    default: type
    }
  }

  /// The type at the end: what nobody fixed may be anything.
  func final(_ type: Type) -> Type {
    switch resolved(type) {
    case .unknown, .parameter: .dyn
    case .list(let element): .list(final(element))
    case .map(let key, let value): .map(final(key), final(value))
    case .optional(let inner): .optional(final(inner))
    case .type(let inner): .type(final(inner))
    case let other: other
    }
  }

  /// The outermost of a type, unknown types followed.
  func head(_ type: Type) -> Type {
    var type = type
    while case .unknown(let number) = type, let next = found[number] { type = next }
    return type
  }

  /// Whether a value of the second type may stand where one of the first is wanted. What is learnt of
  /// unknown types on the way is kept only if all of them fit.
  mutating func accepts(_ wanted: [Type], _ given: [Type]) -> Bool {
    let before = found
    for (wanted, given) in zip(wanted, given) where !accepts(wanted, given) {
      found = before
      return false
    }
    return true
  }

  mutating func accepts(_ wanted: Type, _ given: Type) -> Bool {
    let wanted = head(wanted)
    let given = head(given)
    switch (wanted, given) {
    case (.unknown(let a), .unknown(let b)) where a == b: return true
    case (.unknown(let number), _): return learn(number, given)
    case (_, .unknown(let number)): return learn(number, wanted)
    case (.dyn, _), (_, .dyn): return true
    case (.timestamp, .null), (.duration, .null), (.optional, .null): return true
    case (.list(let a), .list(let b)): return acceptsWithin(a, b)
    case (.map(let a, let x), .map(let b, let y)):
      return acceptsWithin(a, b) && acceptsWithin(x, y)
    case (.optional(let a), .optional(let b)): return acceptsWithin(a, b)
    case (.type, .type): return true
    default: return wanted == given
    }
  }

  private mutating func acceptsWithin(_ wanted: Type, _ given: Type) -> Bool {
    // An unknown type that was found to be int becomes dyn where dyn stands beside it.
    if case .unknown(let number) = wanted, let known = found[number] {
      let isAccepted = accepts(known, given)
      if isAccepted { found[number] = moreGeneral(known, given) }
      return isAccepted
    }
    return accepts(wanted, given)
  }

  private mutating func learn(_ number: Int, _ type: Type) -> Bool {
    guard !occurs(number, in: type) else { return false }
    found[number] = type
    return true
  }

  private func occurs(_ number: Int, in type: Type) -> Bool {
    switch head(type) {
    case .unknown(let other): other == number
    case .list(let element): occurs(number, in: element)
    case .map(let key, let value): occurs(number, in: key) || occurs(number, in: value)
    case .optional(let inner), .type(let inner): occurs(number, in: inner)
    default: false
    }
  }

  /// Arguments one after the other, an unknown type growing to hold all of those given for it.
  mutating func acceptsCall(_ wanted: [Type], _ given: [Type]) -> Bool {
    let before = found
    for (wanted, given) in zip(wanted, given) {
      guard acceptsWithin(wanted, given) else {
        found = before
        return false
      }
    }
    return true
  }

  /// Of two types that fit each other the one with dyn where they differ in it.
  func moreGeneral(_ a: Type, _ b: Type) -> Type {
    let (a, b) = (head(a), head(b))
    switch (a, b) {
    case (.dyn, _), (_, .dyn): return .dyn
    case (.unknown, _): return b
    case (.null, _): return b
    case (.list(let x), .list(let y)): return .list(moreGeneral(x, y))
    case (.map(let k, let x), .map(let l, let y)):
      return .map(moreGeneral(k, l), moreGeneral(x, y))
    case (.optional(let x), .optional(let y)): return .optional(moreGeneral(x, y))
    default: return a
    }
  }

  /// The type of a list that holds both.
  mutating func joined(_ a: Type, _ b: Type) -> Type {
    if accepts([a], [b]) || accepts([b], [a]) { return moreGeneral(a, b) }
    return .dyn
  }
}
