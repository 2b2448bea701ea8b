import CPCRE2

/// What PCRE2 says is wrong with a pattern.
struct CodeError: Error {
  var message: String
  /// In bytes from the start of the pattern.
  var offset: Int
}

/// A compiled pattern, shared by all workers.
///
/// Unchecked for PCRE2's pointer: what it points to is only read once it is made, and PCRE2 says that
/// any number of threads may do so at once (pcre2api(3), "Multithreading").
@safe
final class Code: @unchecked Sendable {
  struct Options: OptionSet {
    let rawValue: Int
    static let ignoreCase = Options(rawValue: 1)
    /// `^` and `$` at every line of a buffer; else the subject is one line.
    static let manyLines = Options(rawValue: 4)
    /// Characters instead of bytes. What is not UTF-8 matches nothing then, as in `grep` and `rg`.
    static let unicode = Options(rawValue: 8)
    /// Without machine code: what tests compare with.
    static let interpreted = Options(rawValue: 16)
  }

  let code: OpaquePointer
  let isCompiledToMachineCode: Bool
  let isUnicode: Bool

  init(_ pattern: [UInt8], _ options: Options) throws(CodeError) {
    // `$` is the very end, as in RE2: an item has no newline of its own at its end.
    var flags = PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES
    flags |=
      options.contains(.manyLines)
      ? PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX : PCRE2_DOLLAR_ENDONLY
    if options.contains(.ignoreCase) { flags |= PCRE2_CASELESS }
    if options.contains(.unicode) { flags |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF }
    let context = unsafe pcre2_compile_context_create_8(nil)
    defer { unsafe pcre2_compile_context_free_8(context) }
    unsafe pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    var number: Int32 = 0
    var offset = 0
    func compile(_ text: [UInt8]) -> OpaquePointer? {
      unsafe text.withUnsafeBufferPointer { bytes in
        unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, flags, &number, &offset, context)
      }
    }
    let spelled = options.contains(.unicode) ? Code.spellingOutNegations(pattern) : pattern
    guard let compiled = unsafe compile(spelled) ?? compile(pattern) else {
      throw CodeError(message: Code.message(number), offset: min(offset, pattern.count))
    }
    unsafe code = compiled
    if options.contains(.interpreted) {
      isCompiledToMachineCode = false
    } else {
      unsafe isCompiledToMachineCode = pcre2_jit_compile_8(compiled, PCRE2_JIT_COMPLETE) == 0
    }
    isUnicode = options.contains(.unicode)
  }

  deinit { unsafe pcre2_code_free_8(code) }

  /// `\D`, `\S` and `\W` outside of classes as `[^\d]` and so on: in PCRE2 10.42 the machine code for
  /// text that may be invalid lets the short forms match ASCII only, unlike its interpreter.
  private static func spellingOutNegations(_ pattern: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var rest = pattern[...]
    var isClass = false
    while let c = rest.first {
      let next = rest.dropFirst().first
      var width = 1
      if c == UInt8(ascii: "\\"), let next {
        if next == UInt8(ascii: "Q") {
          width = quotedLength(rest)
        } else if !isClass, "DSW".utf8.contains(next) {
          out += "[^\\".utf8 + [next | 0x20, UInt8(ascii: "]")]
          rest = rest.dropFirst(2)
          continue
        } else {
          width = 2
        }
      } else if isClass {
        isClass = c != UInt8(ascii: "]")
      } else if c == UInt8(ascii: "[") {
        isClass = true
        // A bracket in the first place is a member.
        if next == UInt8(ascii: "^") { width = 2 }
        if rest.dropFirst(width).first == UInt8(ascii: "]") { width += 1 }
      }
      out += rest.prefix(width)
      rest = rest.dropFirst(width)
    }
    return out
  }

  /// From `\Q` to `\E`, or to the end.
  private static func quotedLength(_ text: ArraySlice<UInt8>) -> Int {
    var i = text.startIndex + 2
    while i + 1 < text.endIndex {
      if text[i] == UInt8(ascii: "\\"), text[i + 1] == UInt8(ascii: "E") {
        return i + 2 - text.startIndex
      }
      i += 1
    }
    return text.count
  }

  private static func message(_ number: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 256)
    let length = unsafe text.withUnsafeMutableBufferPointer {
      unsafe pcre2_get_error_message_8(number, $0.baseAddress, $0.count)
    }
    return String(decoding: text.prefix(max(0, Int(length))), as: UTF8.self)
  }

  /// Number of capturing groups.
  var groupCount: Int { info(UInt32(PCRE2_INFO_CAPTURECOUNT)) }
  var hasBackReferences: Bool { info(UInt32(PCRE2_INFO_BACKREFMAX)) > 0 }

  private func info(_ what: UInt32) -> Int {
    var value: UInt32 = 0
    unsafe pcre2_pattern_info_8(code, what, &value)
    return Int(value)
  }

  /// The numbers of the named groups.
  var names: [String: Int] {
    let count = info(UInt32(PCRE2_INFO_NAMECOUNT))
    let size = info(UInt32(PCRE2_INFO_NAMEENTRYSIZE))
    var table: UnsafePointer<UInt8>?
    unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
    guard let table = unsafe table else { return [:] }
    var names: [String: Int] = [:]
    for i in 0..<count {
      // Two bytes of number, high one first, then the name and a NUL (pcre2api, INFO_NAMETABLE).
      let entry = unsafe UnsafeBufferPointer(start: table + i * size, count: size)
      let name = unsafe String(decoding: entry[2...].prefix { $0 != 0 }, as: UTF8.self)
      unsafe names[name] = Int(entry[0]) << 8 | Int(entry[1])
    }
    return names
  }
}
