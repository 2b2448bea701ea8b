import Lines
package import PipelineModel
import YAMLTree

package enum Cut: StageKind {
  package static let manual = StageManual(
    kind: "cut", chapter: .lines, stageClass: .lineWise,
    summary: "Keeps parts of each line: fields, characters or bytes.",
    description: [
      """
      What is kept is written as numbers and ranges: '1,3-5' or '2-' or '-4', counted from 1. As with \
      the command of that name the parts keep the order of the line, each is given once, and a line \
      without the delimiter passes whole.
      """,
      """
      Characters are those of UTF-8; a byte that is not UTF-8 counts as one.
      """,
    ],
    fields: [
      Field("fields", .string, "Which fields."),
      Field("characters", .string, "Which characters."),
      Field("bytes", .string, "Which bytes."),
      Field("delimiter", .string, defaultNote: "a tab", "What divides fields."),
      Field(
        "output_delimiter", .string, defaultNote: "the delimiter",
        "What is put between the parts that are kept."),
    ],
    shorthand: "fields",
    examples: [
      StageManual.Example(
        stage: "cut: {fields: '1,3-', delimiter: ';', output_delimiter: ' '}",
        input: "a;b;c;d\nwhole\n", output: "a c d\nwhole\n"),
      StageManual.Example(stage: "cut: {characters: '-3'}", input: "größer\n", output: "grö\n"),
    ], worksOnText: true)

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    let arguments = stage.arguments
    let units = ["fields", "characters", "bytes"].filter { arguments.argument($0) != nil }
    guard units.count == 1, let unit = units.first, let list = arguments.argument(unit) else {
      throw Diagnostic(
        units.isEmpty ? "'cut' needs to know what to keep" : "'cut' takes one of its units",
        at: arguments.place, remedy: "give 'fields', 'characters' or 'bytes'", code: "missing-key")
    }
    let ranges = try CutRanges(list)
    let between = arguments.string("output_delimiter").map { Array($0.utf8) }
    guard unit == "fields" else {
      if arguments.isGiven("delimiter") {
        throw Diagnostic(
          "'delimiter' means nothing without 'fields'", at: arguments.place("delimiter"),
          remedy: "leave it out", code: "refused-key")
      }
      let isBytes = unit == "bytes"
      return .transform {
        CutUnits(ranges: ranges, isBytes: isBytes, between: between ?? [], setting: setting)
      }
    }
    let delimiter = Array((arguments.string("delimiter") ?? "\t").utf8)
    if delimiter.isEmpty {
      throw Diagnostic(
        "the delimiter is empty", at: arguments.place("delimiter"),
        remedy: "use 'characters' to cut without one")
    }
    return .transform {
      CutFields(
        ranges: ranges, delimiter: delimiter, between: between ?? delimiter, setting: setting)
    }
  }
}

/// `1,3-5,7-`: ranges from 1, in order, those that overlap made one as GNU cut does.
struct CutRanges: Sendable, Equatable {
  let ranges: [ClosedRange<Int>]

  init(_ argument: Argument) throws(Diagnostic) {
    let text = argument.string ?? ""
    var read: [ClosedRange<Int>] = []
    var offset = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = CutRanges.range(part) else {
        throw Diagnostic(
          "'\(part)' is no number or range", at: argument.place(at: offset),
          remedy: "write numbers from 1 and ranges: '1,3-5,7-'", code: "range")
      }
      read.append(range)
      offset += part.utf8.count + 1
    }
    read.sort { $0.lowerBound < $1.lowerBound }
    var merged: [ClosedRange<Int>] = []
    for range in read {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    ranges = merged
  }

  private static func range(_ part: Substring) -> ClosedRange<Int>? {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = ends.map { end in
      end.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(end) : nil
    }
    if ends.count == 1 { return numbers[0].flatMap { $0 > 0 ? $0...$0 : nil } }
    guard ends.count == 2, part != "-" else { return nil }
    guard let lower = ends[0].isEmpty ? 1 : numbers[0],
      let upper = ends[1].isEmpty ? Int.max : numbers[1], lower > 0, lower <= upper
    else { return nil }
    return lower...upper
  }
}

struct CutFields: Transform {
  let ranges: [ClosedRange<Int>]
  let delimiter: [UInt8]
  let between: [UInt8]
  let setting: Setting
  /// The one range, if its delimiters stay: what is kept is one part of the line, and nothing is
  /// copied.
  private let part: ClosedRange<Int>?
  /// The delimiter, if it is one byte: the usual case, found without comparing.
  private let byte: UInt8?
  /// What is put between parts is the delimiter: a range is one part of the line.
  private let delimitersStay: Bool
  /// `between`, if it is one byte.
  private let joint: UInt8?
  /// How many of a line's delimiters decide what is kept.
  private let enough: Int
  /// Where the delimiters of the line at hand are.
  private var offsets: ContiguousArray<UInt32> = []

  init(ranges: CutRanges, delimiter: [UInt8], between: [UInt8], setting: Setting) {
    self.ranges = ranges.ranges
    self.delimiter = delimiter
    self.between = between
    self.setting = setting
    byte = delimiter.count == 1 ? delimiter[0] : nil
    joint = between.count == 1 ? between[0] : nil
    delimitersStay = between == delimiter
    let first = self.ranges[0]
    let isPart = delimitersStay || first.lowerBound == first.upperBound
    part = self.ranges.count == 1 && isPart ? first : nil
    let last = self.ranges[self.ranges.count - 1]
    let isOpen = last.upperBound == .max
    // Where all behind is kept with its delimiters, they need not be found.
    enough = max(1, !isOpen ? last.upperBound : delimitersStay ? last.lowerBound - 1 : .max)
  }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    guard cursor.item < end else { return .done }
    if let part {
      cursor = Cursor(
        item: out.keepParts(of: batch, cursor.item..<end) { bytes(of: part, in: $0) })
      return cursor.item < end ? .full : .done
    }
    // The span is taken once for all lines: a closure for each one costs more than its work.
    return try batch.withBytes { (bytes) throws(Failure) in
      while cursor.item < end {
        if out.isFull { return .full }
        let line = bytes.extracting(batch.range(cursor.item))
        let found = findDelimiters(line)
        if found == 0 {
          out.keep(batch, cursor.item)
        } else {
          fields(line, found, into: &out)
          try out.endResult(like: batch, cursor.item, setting)
        }
        cursor.advance()
      }
      return .done
    }
  }

  /// Puts where the delimiters are that decide what is kept into `offsets`.
  ///
  /// - Returns: how many there are, or more than are enough.
  @inline(__always)
  private mutating func findDelimiters(_ line: RawSpan) -> Int {
    if let byte { return line.findOffsets(of: byte, enough: enough, into: &offsets) }
    return line.findOffsets(of: delimiter, enough: enough, into: &offsets)
  }

  /// What is kept of the line where that is one part of it: all, if it has no delimiter.
  @inline(__always)
  private mutating func bytes(of part: ClosedRange<Int>, in line: RawSpan) -> Range<Int> {
    let length = line.byteCount
    if enough == 1, let byte {
      // What is before the first delimiter or behind it: one alone needs no table.
      guard let hit = line.firstOffset(of: byte) else { return 0..<length }
      return (part.lowerBound == 1 ? 0 : hit + 1)..<(part.upperBound == 1 ? hit : length)
    }
    let found = findDelimiters(line)
    if found == 0 { return 0..<length }
    return extent(of: part, found, length) ?? length..<length
  }

  /// The bytes of these fields with the delimiters between them, in a line that has `found` delimiters
  /// at least; nil if it has none of the fields.
  private func extent(of fields: ClosedRange<Int>, _ found: Int, _ length: Int) -> Range<Int>? {
    let (first, last) = (fields.lowerBound, fields.upperBound)
    guard first <= found + 1 else { return nil }
    let start = first == 1 ? 0 : Int(offsets[first - 2]) + delimiter.count
    return start..<(last <= found ? Int(offsets[last - 1]) : length)
  }

  private func fields(_ line: RawSpan, _ found: Int, into out: inout BatchBuilder) {
    var isFirst = true
    for range in ranges {
      if delimitersStay {
        guard append(range, line, found, &isFirst, &out) else { return }
      } else {
        for field in range {
          guard append(field...field, line, found, &isFirst, &out) else { return }
        }
      }
    }
  }

  /// - Returns: false if the line has no such fields.
  @inline(__always)
  private func append(
    _ fields: ClosedRange<Int>, _ line: RawSpan, _ found: Int, _ isFirst: inout Bool,
    _ out: inout BatchBuilder
  ) -> Bool {
    guard let part = extent(of: fields, found, line.byteCount) else { return false }
    if !isFirst {
      if let joint { out.append(byte: joint) } else { out.append(between) }
    }
    isFirst = false
    out.append(line.extracting(part))
    return true
  }
}

/// Characters or bytes.
struct CutUnits: Transform {
  let ranges: CutRanges
  let isBytes: Bool
  let between: [UInt8]
  let setting: Setting

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    while cursor.item < end {
      if out.isFull { return .full }
      let i = cursor.item
      if ranges.ranges.count == 1 {
        let part = batch.withLine(i) { line in
          var reader = UnitReader(isBytes: isBytes)
          return reader.bytes(of: ranges.ranges[0], in: line)
        }
        out.keep(batch, i, bytes: part)
      } else {
        batch.withLine(i) { line in
          var reader = UnitReader(isBytes: isBytes)
          var isFirst = true
          for wanted in ranges.ranges {
            let part = reader.bytes(of: wanted, in: line)
            if part.isEmpty { break }
            if !isFirst { out.append(between) }
            isFirst = false
            out.append(line.extracting(part))
          }
        }
        try out.endResult(like: batch, i, setting)
      }
      cursor.advance()
    }
    return .done
  }
}

/// Goes through a line unit by unit; ranges have to be asked for in order.
private struct UnitReader {
  let isBytes: Bool
  private var unit = 1
  private var offset = 0

  init(isBytes: Bool) { self.isBytes = isBytes }

  mutating func bytes(of wanted: ClosedRange<Int>, in line: RawSpan) -> Range<Int> {
    advance(to: wanted.lowerBound, line)
    let start = offset
    if wanted.upperBound == .max {
      offset = line.byteCount
    } else {
      advance(to: wanted.upperBound + 1, line)
    }
    return start..<offset
  }

  private mutating func advance(to target: Int, _ line: RawSpan) {
    if isBytes {
      offset = min(target - 1, line.byteCount)
      return
    }
    while unit < target, offset < line.byteCount {
      offset += utf8Width(line, offset)
      unit += 1
    }
  }
}
