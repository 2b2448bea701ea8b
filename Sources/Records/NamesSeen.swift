import Lines

/// Which of several fields have a name that comes again behind them: of few by comparing all, of many
/// by their hashes, so that a line made to hurt takes no longer than another of its size.
enum NamesSeen {
  private static let few = 16

  /// For each name whether it is the last of its kind.
  static func areLast(_ names: [Range<Int>], _ bytes: RawSpan) -> [Bool] {
    var areLast = Array(repeating: true, count: names.count)
    if names.count <= few {
      for i in names.indices.dropLast() {
        for k in (i + 1)..<names.count where areLast[i] && names[k].count == names[i].count {
          areLast[i] = !bytes.extracting(names[i]).equals(bytes.extracting(names[k]))
        }
      }
      return areLast
    }
    var seen: Set<Text> = []
    for i in names.indices.reversed() {
      areLast[i] = seen.insert(Text(bytes.extracting(names[i]))).inserted
    }
    return areLast
  }
}
