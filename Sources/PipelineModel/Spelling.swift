/// Finds what was probably meant by a misspelt word.
package enum Spelling {
  /// The word nearest to `word`, if one is near enough: a third of its letters may differ. Of
  /// several the first counts.
  package static func nearest(to word: String, in words: [String]) -> String? {
    let letters = Array(word.lowercased().utf8)
    // A word of this length is no slip, and the comparison costs the product of the lengths.
    guard !letters.isEmpty, letters.count <= 64 else { return nil }
    let allowed = max(1, letters.count / 3)
    var best: (word: String, distance: Int)?
    for candidate in words {
      let distance = distance(letters, Array(candidate.lowercased().utf8))
      if distance <= allowed, distance < (best?.distance ?? Int.max) {
        best = (candidate, distance)
      }
    }
    return best?.word
  }

  /// "did you mean 'grep'?", or nil.
  package static func hint(for word: String, in words: [String]) -> String? {
    nearest(to: word, in: words).map { "did you mean '\($0)'?" }
  }

  /// Damerau and Levenshtein's distance (optimal string alignment): letters put in, left out,
  /// changed, or two neighbours swapped.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, beforeLast[j - 1] + 1)
        }
        row.append(least)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
