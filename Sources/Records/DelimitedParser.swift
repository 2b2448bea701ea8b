package import Lines

/// A line that is one record of CSV, TSV or their kin. Without columns the fields are called by their
/// numbers.
package struct DelimitedParser: RecordParser {
  private var scan: DelimitedScan
  private var columns: DelimitedColumns
  private let areNamed: Bool

  package init(_ format: DelimitedFormat) {
    var format = format
    // There is nobody here to skip a record; a stage has `on_error` for that.
    if format.ragged == .skip { format.ragged = .fail }
    scan = DelimitedScan(format)
    columns = DelimitedColumns(format)
    areNamed = format.columns != nil
  }

  package mutating func parse(
    _ line: RawSpan, into out: inout BatchBuilder
  ) throws(RecordFault) {
    scan.restart(at: 0)
    switch scan.record(line, from: 0, to: line.byteCount) {
    case .fault(let fault, _): throw fault
    case .open:
      throw RecordFault(
        expected: "the closing quote of a field", found: .end, at: line.byteCount)
    case .record(let next):
      if next <= line.byteCount {
        throw RecordFault(
          expected: "one record", found: .other("a newline outside of quotes"), at: next - 1)
      }
      if !areNamed, (columns.count ?? 0) != scan.count {
        columns.setNumbers(scan.count)
      }
      _ = try columns.append(scan, line, start: 0, into: &out)
    }
  }
}
