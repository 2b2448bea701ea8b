/// What a value in the compact form of a row begins with. A row is the bytes of an item of the kind
/// `record`, in one of two forms:
///
/// - the text of one JSON value, checked when it became a row, without white space around it and
///   without a newline in it; it is written as it was read;
/// - the compact form, which parsers write without looking at a value twice. None of its tags can
///   begin JSON, which is how the two are told apart.
///
/// In the compact form a value is its tag and, by tag:
///
///     int, uint, double    eight bytes, the lowest first
///     text, bytes, json    a length and as many bytes; `json` is JSON text kept as it was read
///     timestamp, duration  eight bytes of seconds and four of nanoseconds
///     list                 values, then `end`
///     map                  names (`name`, a length and as many bytes), each with its value, then `end`
///
/// A length below 255 is one byte; else it is a byte 255 and four more, the lowest first. The names
/// of a map are different from each other.
enum RowTag: UInt8 {
  case null = 0x80
  case isFalse, isTrue
  case int, uint, double
  case text, bytes, json
  case timestamp, duration
  case list, map
  case name
  case end
}
