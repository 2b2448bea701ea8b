/// How lines of fields are written: CSV, TSV and their kin.
package struct DelimitedFormat: Sendable {
  /// What happens to a record with more or fewer fields than there are columns.
  package enum RaggedPolicy: String, Sendable, CaseIterable {
    case fail
    /// Fields that are missing are null, those too many are called by their number.
    case pad
    case skip
  }

  package enum Quoting: Sendable, Equatable {
    /// RFC 4180: fields in double quotes, in which a double quote is written twice.
    case quotes
    /// Tab, newline, return and backslash in a field are `\t`, `\n`, `\r` and `\\`.
    case backslashes
    case none
  }

  package var delimiter: UInt8
  package var quoting: Quoting
  /// The first record has the names of the columns.
  package var hasHeader = true
  /// Names to use; instead of those in the header, if there is one.
  package var columns: [FieldName]?
  package var types: [FieldName: FieldType] = [:]
  package var ragged: RaggedPolicy = .fail

  package init(delimiter: UInt8, quoting: Quoting) {
    self.delimiter = delimiter
    self.quoting = quoting
  }

  package static let csv = DelimitedFormat(delimiter: UInt8(ascii: ","), quoting: .quotes)
  package static let tsv = DelimitedFormat(delimiter: 0x09, quoting: .backslashes)
}
