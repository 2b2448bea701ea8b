/// Something that moves in single steps and is small enough for all its states to be visited.
protocol Explorable: Hashable {
  associatedtype Move
  /// What those who take part can do next.
  var moves: [Move] { get }
  /// What may come from outside, at any time and never for certain.
  var disturbances: [Move] { get }
  /// Everybody has come to an end.
  var isOver: Bool { get }
  /// Makes a move; a sentence if something about that was wrong.
  mutating func make(_ move: Move) -> String?
  /// A sentence if something is wrong with this state.
  var broken: String? { get }
}

struct Exploration: CustomStringConvertible {
  var states = 0
  var ends = 0
  /// What went wrong and how it came to that.
  var flaw: String?

  var description: String { "\(states) states, \(ends) ends, \(flaw ?? "no flaw")" }

  /// Visits every state that can be reached from `start`. A state that is not over and in which
  /// nobody can move is a flaw: since every move uses something up, from everywhere else an end can
  /// be reached.
  static func of<World: Explorable>(_ start: World) -> Exploration {
    var result = Exploration()
    var visited: Set<World> = [start]
    var open: [(world: World, path: Path<World.Move>?)] = [(start, nil)]
    while let (world, path) = open.popLast() {
      result.states += 1
      let moves = world.moves
      if moves.isEmpty {
        result.ends += 1
        if !world.isOver { return result.found("a dead end", path) }
      }
      for move in moves + world.disturbances {
        var next = world
        let way = Path(move: move, before: path)
        if let flaw = next.make(move) { return result.found(flaw, way) }
        guard visited.insert(next).inserted else { continue }
        if let flaw = next.broken { return result.found(flaw, way) }
        open.append((next, way))
      }
    }
    return result
  }

  private func found<Move>(_ flaw: String, _ path: Path<Move>?) -> Exploration {
    var result = self
    result.flaw = "\(flaw) after \(path?.moves ?? [])"
    return result
  }
}

/// How a state was reached, sharing what it has in common with others.
private final class Path<Move> {
  let move: Move
  let before: Path?

  init(move: Move, before: Path?) {
    self.move = move
    self.before = before
  }

  var moves: [Move] {
    var all: [Move] = []
    var step: Path? = self
    while let here = step {
      all.append(here.move)
      step = here.before
    }
    return all.reversed()
  }
}
