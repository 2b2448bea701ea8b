import Records

/// Putting values into the order of `<`.
enum Sorting {
  /// The positions of the keys in ascending order, equal ones as they stand.
  ///
  /// - Throws: what two keys have no order.
  static func positions(of keys: [Value]) throws(Problem) -> [Int] {
    guard let first = keys.first else { return [] }
    for key in keys where first.order(key) == nil || key.order(key) == nil {
      throw Problem(
        "\(first.article) and \(key.article) can not be put in order")
    }
    return keys.indices.sorted {
      let order = keys[$0].order(keys[$1])
      return order == .before || order == .same && $0 < $1
    }
  }

  /// The least or greatest; of equal ones the first.
  static func extreme(
    _ values: [Value], _ wanted: ValueOrder, _ name: String
  ) throws(Problem) -> Value {
    guard var best = values.first else {
      throw Problem(missing: "\(name) of an empty list")
    }
    for value in values.dropFirst() {
      guard let order = value.order(best) else {
        if value.isNumber, best.isNumber { continue }
        throw Problem("\(best.article) and \(value.article) can not be compared")
      }
      if order == wanted { best = value }
    }
    return best
  }
}
