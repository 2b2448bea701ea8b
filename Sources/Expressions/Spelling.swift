/// Which known name somebody meant.
enum Spelling {
  /// The known name with the fewest letters wrong, at most a third of them; nil if none is near.
  static func nearest(to name: String, among known: [String]) -> String? {
    // A name of this length is no slip, and comparing takes the product of the lengths.
    guard name.utf8.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    let most = max(1, name.count / 3)
    for candidate in known where candidate != name {
      let distance = Spelling.distance(
        Array(name.lowercased().utf8), Array(candidate.lowercased().utf8), most: most)
      guard distance <= most else { continue }
      if let found = best, found.distance <= distance { continue }
      best = (candidate, distance)
    }
    return best?.name
  }

  /// How many letters are to be put in, left out, changed or swapped with their neighbour.
  private static func distance(_ a: [UInt8], _ b: [UInt8], most: Int) -> Int {
    if abs(a.count - b.count) > most { return most + 1 }
    var before: [Int] = []
    var above = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      (before, above) = (above, row)
    }
    return above[b.count]
  }
}
