package import Lines

/// Lines in which a pattern matches somewhere: its named groups are the fields, as text; one that took
/// no part in the match is null.
package struct PatternParser: RecordParser {
  private let matcher: Matcher
  private let groups: [(number: Int, name: FieldName)]

  /// - Returns: nil for a pattern without named groups.
  package init?(_ pattern: Pattern) {
    groups = pattern.groupNames.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
      .map { ($0.value, FieldName($0.key)) }
    if groups.isEmpty { return nil }
    matcher = pattern.matcher()
  }

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    var progress = Matcher.Progress()
    let isFound: Bool
    do throws(PatternLimit) {
      isFound = try matcher.next(in: line, &progress) != nil
    } catch {
      throw RecordFault(
        expected: "a match", found: .other("that \(PatternLimit.message)"), at: 0)
    }
    if !isFound {
      throw RecordFault(
        expected: "a match of the pattern", found: .other("none"), at: 0)
    }
    out.beginRow()
    for group in groups {
      if let range = matcher.group(group.number) {
        out.field(group.name, text: line.extracting(range))
      } else {
        out.nullField(group.name)
      }
    }
    out.endRow()
  }
}
