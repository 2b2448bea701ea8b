import Lines
import Records

/// What one evaluation works with. One worker's.
struct Frame {
  var slots: [Slot] = []
  /// The variables of macros.
  var locals: [Value]
  /// Why those of them have no value that were bound to what failed.
  var faults: [Int: EvaluationFault] = [:]
  /// For the patterns that stand in the text, by their numbers.
  var matchers: [Matcher]
  /// For patterns that are computed: the last few of them.
  var computed: [(text: [UInt8], pattern: Pattern, matcher: Matcher)] = []
  /// For `json.decode`, once it is called.
  lazy var json = JSONChecker()
  private var left = Frame.stride
  let mayGoOn: (() -> Bool)?

  /// How many steps are taken between two questions whether to go on.
  static let stride = 10_000

  init(locals: Int, patterns: [Pattern], mayGoOn: (() -> Bool)?) {
    self.locals = Array(repeating: .null, count: locals)
    matchers = patterns.map { $0.matcher() }
    self.mayGoOn = mayGoOn
  }

  /// One round of a loop over data.
  mutating func step(at place: Range<Int>) throws(EvaluationFault) {
    left -= 1
    if left == 0 { try ask(place) }
  }

  private mutating func ask(_ place: Range<Int>) throws(EvaluationFault) {
    left = Frame.stride
    guard let mayGoOn, !mayGoOn() else { return }
    throw EvaluationFault("the evaluation was cancelled", kind: .cancelled, at: place)
  }

  /// The pattern of this text, made anew if it is none of the last few.
  mutating func pattern(_ text: [UInt8]) throws(Problem) -> (Pattern, Matcher) {
    if let known = computed.first(where: { $0.text == text }) {
      return (known.pattern, known.matcher)
    }
    let pattern: Pattern
    do throws(PatternError) {
      pattern = try Pattern([String(decoding: text, as: UTF8.self)])
    } catch {
      throw Problem("the pattern is wrong: \(error.message)")
    }
    if computed.count == 8 { computed.removeFirst() }
    computed.append((text, pattern, pattern.matcher()))
    return (pattern, computed[computed.count - 1].matcher)
  }
}
