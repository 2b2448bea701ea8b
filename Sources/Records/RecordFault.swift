import Lines

/// Why a line or a value is not what it should be, and where.
package struct RecordFault: Error, Sendable, Equatable {
  package enum Found: Sendable, Equatable {
    case byte(UInt8)
    case end
    case other(String)
  }

  /// What would be right there: "a comma or '}'".
  package var expected: String
  package var found: Found
  /// In bytes from the start of what was read.
  package var offset: Int

  package init(expected: String, found: Found, at offset: Int) {
    self.expected = expected
    self.found = found
    self.offset = offset
  }

  /// The byte at `offset`, or the end if that is `end`.
  init(expected: String, in bytes: RawSpan, at offset: Int, start: Int, end: Int) {
    self.expected = expected
    self.offset = offset - start
    found = offset < end ? .byte(bytes[offset]) : .end
  }
}

extension RecordFault: CustomStringConvertible {
  /// "at byte 14: expected a comma or '}', found 'x'". Bytes are counted from 1.
  package var description: String {
    "at byte \(offset + 1): expected \(expected), found \(found)"
  }
}

extension RecordFault.Found: CustomStringConvertible {
  package var description: String {
    switch self {
    case .byte(0x27): "\"'\""
    case .byte(let byte) where byte > 0x20 && byte < 0x7F: "'\(Unicode.Scalar(byte))'"
    case .byte(0x20): "a space"
    case .byte(0x09): "a tab"
    case .byte(0x0A): "a newline"
    case .byte(let byte): "the byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    case .end: "the end"
    case .other(let text): text
    }
  }
}
