import CPCRE2

/// One worker's working memory for one compiled pattern: where the groups matched, and the limits.
@safe
final class Search {
  let code: Code
  private let data: OpaquePointer
  private let context: OpaquePointer
  private let stack: OpaquePointer?
  private let vector: UnsafeMutablePointer<Int>

  /// A pattern that explodes is stopped after so many steps, some milliseconds.
  static let matchLimit: UInt32 = 1_000_000
  /// In KiB; only without machine code.
  static let heapLimit: UInt32 = 64 << 10

  init(_ code: Code) {
    self.code = code
    guard let data = unsafe pcre2_match_data_create_from_pattern_8(code.code, nil),
      let context = unsafe pcre2_match_context_create_8(nil)
    else { fatalError("out of memory") }
    unsafe self.data = data
    unsafe self.context = context
    unsafe vector = pcre2_get_ovector_pointer_8(data)
    unsafe pcre2_set_match_limit_8(context, Search.matchLimit)
    unsafe pcre2_set_heap_limit_8(context, Search.heapLimit)
    unsafe stack = pcre2_jit_stack_create_8(32 << 10, 1 << 20, nil)
    unsafe pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
  }

  deinit {
    unsafe pcre2_match_data_free_8(data)
    unsafe pcre2_match_context_free_8(context)
    unsafe pcre2_jit_stack_free_8(stack)
  }

  enum Outcome {
    case match, none
    /// The step limit, or memory of the machine code's stack, is used up.
    case limit
  }

  /// The leftmost match in `subject` at or behind `start`.
  func find(in subject: RawSpan, from start: Int = 0) -> Outcome {
    let result = unsafe subject.withUnsafeBytes { buffer in
      // An empty span may have no address, which PCRE2 refuses.
      let address = unsafe buffer.baseAddress ?? UnsafeRawPointer(vector)
      let bytes = unsafe address.assumingMemoryBound(to: UInt8.self)
      return code.isCompiledToMachineCode
        ? unsafe pcre2_jit_match_8(code.code, bytes, buffer.count, start, 0, data, context)
        : unsafe pcre2_match_8(code.code, bytes, buffer.count, start, 0, data, context)
    }
    if result > 0 { return .match }
    return result == PCRE2_ERROR_NOMATCH ? .none : .limit
  }

  /// What the last match spans.
  var match: Range<Int> {
    // `\K` in a lookahead can put the start behind the end.
    unsafe vector[0]..<max(vector[0], vector[1])
  }

  /// What group `i` spans in the last match; nil if it took no part.
  func group(_ i: Int) -> Range<Int>? {
    guard i <= code.groupCount, unsafe vector[2 * i] >= 0,
      unsafe vector[2 * i] <= vector[2 * i + 1]
    else { return nil }
    return unsafe vector[2 * i]..<vector[2 * i + 1]
  }
}
