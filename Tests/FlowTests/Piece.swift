import Flow

/// Lines with a number and a weight each, or none but a number that accounts for dropped ones.
struct Piece: Portion, Hashable, CustomStringConvertible {
  struct Line: Hashable {
    var number: Int
    var weight: Int
  }
  var content: [Line] = []
  /// The number of a portion without lines.
  var empty: Int?

  var lines: Int { content.count }
  var bytes: Int { content.reduce(0) { $0 + $1.weight } }
  var firstBytes: Int { content.first?.weight ?? 0 }
  /// Every number in it.
  var numbers: [Int] { empty.map { [$0] } ?? content.map(\.number) }
  var description: String { "\(content.map { "\($0.number):\($0.weight)" })" }

  mutating func takePrefix(lines: Int, bytes: Int) -> Piece {
    guard !content.isEmpty else {
      defer { self = Piece() }
      return self
    }
    var taken = 1
    var size = content[0].weight
    while taken < min(lines, content.count), size + content[taken].weight <= bytes {
      size += content[taken].weight
      taken += 1
    }
    defer { content.removeFirst(taken) }
    return Piece(content: Array(content.prefix(taken)))
  }

  /// Pieces of these line weights, numbered through; an empty list is a portion without lines.
  static func script(_ weights: [[Int]]) -> [Piece] {
    var number = 0
    return weights.map { weights in
      defer { number += max(1, weights.count) }
      if weights.isEmpty { return Piece(empty: number) }
      return Piece(
        content: weights.enumerated().map { Line(number: number + $0.offset, weight: $0.element) })
    }
  }
}
