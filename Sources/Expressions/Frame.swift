import Lines
import Records

/// What one evaluation works with. One worker's.
struct Frame {
  private(set) var slots = Slots([])
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
  /// What the lists and maps that loops are making have in them, in bytes.
  var held = 0
  private var left = Frame.stride
  /// Of the evaluation that goes on, up to the last question.
  private var rounds = 0
  let mayGoOn: (() -> Bool)?

  /// How many steps are taken between two questions whether to go on.
  static let stride = 10_000

  init(locals: Int, patterns: [Pattern], mayGoOn: (() -> Bool)?) {
    self.locals = Array(repeating: .null, count: locals)
    matchers = patterns.map { $0.matcher() }
    self.mayGoOn = mayGoOn
  }

  mutating func begin(_ slots: Slots) {
    // They are mostly the same ones.
    if self.slots !== slots { self.slots = slots }
    held = 0
    rounds = 0
  }

  /// One round of a loop over data.
  mutating func step(at place: Range<Int>) throws(EvaluationFault) {
    left -= 1
    if left == 0 { try ask(place) }
  }

  private mutating func ask(_ place: Range<Int>) throws(EvaluationFault) {
    left = Frame.stride
    rounds += Frame.stride
    if rounds > Limit.rounds {
      throw EvaluationFault(
        "the loops take more than \(Limit.rounds) rounds on this item", kind: .exhausted,
        at: place)
    }
    guard let mayGoOn, !mayGoOn() else { return }
    throw EvaluationFault("the evaluation was cancelled", kind: .cancelled, at: place)
  }

  /// A loop puts `value` into what it makes, beside `base` bytes that others hold and `kept` of its
  /// own. What the round had besides is given up.
  mutating func hold(
    _ value: Value, _ kept: inout Int, beside base: Int, at place: Range<Int>
  ) throws(EvaluationFault) {
    do throws(Problem) {
      kept += try Limit.memory(of: value, most: Limit.bytes - base - kept)
    } catch {
      throw EvaluationFault(error.message, kind: .exhausted, at: place)
    }
    held = base + kept
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
