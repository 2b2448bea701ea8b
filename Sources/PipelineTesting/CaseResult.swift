/// How a case ended.
package struct CaseResult: Sendable, Equatable {
  package enum Status: String, Sendable { case passed, failed, hung }
  package var status: Status
  /// The first thing that was wrong, in a line.
  package var message = ""
  /// All that was wrong, with diffs; lines.
  package var details = ""
  /// The schedule under which it failed.
  package var seed: UInt64?
  /// In real time, of all schedules.
  package var elapsed = Duration.zero
  /// By the points of its pipeline.
  package var hits: [Int] = []
  package var edits: [FileEdit] = []

  package init(_ status: Status) { self.status = status }
}

/// A change of a file that makes an expectation what a run gave.
package struct FileEdit: Sendable, Equatable {
  package var file: String
  /// Bytes of the file as it was read.
  package var range: Range<Int>
  package var text: String

  package init(file: String, range: Range<Int>, text: String) {
    self.file = file
    self.range = range
    self.text = text
  }
}

extension CaseResult {
  /// As texts, for another process.
  var texts: [String] {
    [
      status.rawValue, message, details, seed.map(String.init) ?? "",
      hits.map(String.init).joined(separator: " "),
    ] + edits.flatMap { [$0.file, "\($0.range.lowerBound)", "\($0.range.upperBound)", $0.text] }
  }

  /// Nil if the texts are none of a result.
  init?(texts: [String]) {
    guard texts.count >= 5, let status = Status(rawValue: texts[0]) else { return nil }
    self.init(status)
    message = texts[1]
    details = texts[2]
    seed = UInt64(texts[3])
    hits = texts[4].split(separator: " ").compactMap { Int($0) }
    for start in stride(from: 5, to: texts.count - 3, by: 4) {
      guard let lower = Int(texts[start + 1]), let upper = Int(texts[start + 2]), lower <= upper
      else { return nil }
      edits.append(FileEdit(file: texts[start], range: lower..<upper, text: texts[start + 3]))
    }
  }

  /// The result of several stretches of schedules of one case: the first failure counts.
  mutating func merge(_ other: CaseResult) {
    if other.status != .passed, status == .passed || (other.seed ?? 0) < (seed ?? 0) {
      status = other.status
      message = other.message
      details = other.details
      seed = other.seed
      edits = other.edits
    }
    if hits.isEmpty {
      hits = other.hits
    } else {
      for (index, count) in other.hits.enumerated() where index < hits.count {
        hits[index] += count
      }
    }
    elapsed += other.elapsed
  }
}
