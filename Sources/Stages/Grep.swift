import Lines
package import PipelineModel
import YAMLTree

package enum Grep: StageKind {
  package static let manual = StageManual(
    kind: "grep", chapter: .lines, stageClass: .lineWise,
    summary: "Keeps the lines in which a pattern is found.",
    description: [
      """
      A pattern is found anywhere in a line unless ^ and $ hold it. It takes RE2's syntax and what \
      PCRE2 adds, and its characters are those of UTF-8; bytes that are not UTF-8 are matched by no \
      '.' and no class. Of several patterns one is enough.
      """,
      """
      A pattern that explodes on a line, as (a+)+$ can, is stopped after a million steps and fails \
      that line.
      """,
    ],
    fields: [
      Field(
        "pattern", .pattern, required: true, "What is looked for, or a list of which one is enough."
      ),
      Field("fixed", .bool, default: "false", "Take the pattern as plain text."),
      Field("ignore_case", .bool, default: "false", "Take upper and lower case for the same."),
      Field("invert", .bool, default: "false", "Keep the lines in which it is not found."),
      Field(
        "only_matching", .bool, default: "false",
        "Give each part that matches as a line of its own; empty ones are left out."),
    ],
    shorthand: "pattern",
    examples: [
      StageManual.Example(
        stage: "grep: '\" 50[0-9] '", input: "GET \"/\" 200 1\nGET \"/a\" 503 9\n",
        output: "GET \"/a\" 503 9\n"),
      StageManual.Example(
        stage: "grep: {pattern: '[0-9]+', only_matching: true}", input: "a1b22\nnone\n",
        output: "1\n22\n"),
    ], worksOnText: true)

  package static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
  {
    let arguments = stage.arguments
    let pattern = try pattern(arguments)
    let invert = arguments.bool("invert") ?? false
    let delimiter = setting.delimiter
    if arguments.bool("only_matching") == true {
      if invert { throw contradiction(arguments) }
      return .transform { MatchingParts(matcher: pattern.matcher(delimiter: delimiter)) }
    }
    return .transform {
      GrepTransform(matcher: pattern.matcher(delimiter: delimiter), invert: invert)
    }
  }

  /// The test of `if: {grep: …}`; one predicate for each worker.
  package static func predicate(
    _ arguments: Arguments, _ setting: Setting
  ) throws(Diagnostic) -> @Sendable () -> any Predicate {
    let pattern = try pattern(arguments)
    let invert = arguments.bool("invert") ?? false
    if arguments.bool("only_matching") == true {
      throw Diagnostic(
        "'only_matching' means nothing in a test", at: arguments.place("only_matching"),
        remedy: "leave it out")
    }
    let delimiter = setting.delimiter
    return { GrepPredicate(matcher: pattern.matcher(delimiter: delimiter), invert: invert) }
  }

  private static func pattern(_ arguments: Arguments) throws(Diagnostic) -> Pattern {
    let texts = arguments.list("pattern") ?? []
    return try Pattern(
      texts, fixed: arguments.bool("fixed") ?? false,
      ignoreCase: arguments.bool("ignore_case") ?? false, at: arguments.place)
  }

  private static func contradiction(_ arguments: Arguments) -> Diagnostic {
    Diagnostic(
      "'invert' and 'only_matching' exclude each other: where nothing matches there is no part",
      at: arguments.place("only_matching"), remedy: "leave one of them out")
  }
}

extension Pattern {
  /// Throws what is wrong with one of the texts, at its place within it.
  init(
    _ texts: [Argument], fixed: Bool, ignoreCase: Bool, at place: Place
  ) throws(Diagnostic) {
    if texts.isEmpty { throw Diagnostic("a pattern is needed", at: place) }
    do throws(PatternError) {
      try self.init(texts.map { $0.string ?? "" }, fixed: fixed, ignoreCase: ignoreCase)
    } catch {
      let argument = texts[error.index]
      throw Diagnostic(
        "this is no pattern: \(error.message)", at: argument.place(at: error.offset),
        remedy: "with 'fixed: true' it is taken as plain text", code: "pattern")
    }
  }
}

extension Failure {
  /// A pattern used up its steps.
  static let patternLimit = Failure(
    .pattern, PatternLimit.message,
    remedy: "write it without nested repetitions, or put the line aside with 'on_error'")
}

struct GrepTransform: Transform {
  let matcher: Matcher
  let invert: Bool

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    do throws(PatternLimit) {
      try matcher.select(batch, &cursor.item, upTo: end, invert: invert, into: &out)
    } catch {
      throw .patternLimit
    }
    return cursor.item < end ? .full : .done
  }
}

/// Each match as a line of its own; `cursor.inner` is where the search goes on.
struct MatchingParts: Transform {
  let matcher: Matcher
  private var run = Matcher.Run()

  init(matcher: Matcher) { self.matcher = matcher }

  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress {
    do throws(PatternLimit) {
      run = Matcher.Run()
      while cursor.item < end {
        if cursor.inner == 0,
          try !matcher.nextMatching(batch, &cursor.item, upTo: end, &run)
        {
          return .done
        }
        if try parts(batch, &cursor, into: &out) == .full { return .full }
        cursor.advance()
      }
      return .done
    } catch {
      throw .patternLimit
    }
  }

  private func parts(
    _ batch: Batch, _ cursor: inout Cursor, into out: inout BatchBuilder
  ) throws(PatternLimit) -> Progress {
    var progress = Matcher.Progress()
    progress.position = cursor.inner
    while !out.isFull {
      let match = try batch.withLine(cursor.item) { (line) throws(PatternLimit) in
        try matcher.next(in: line, &progress)
      }
      guard let match else { return .done }
      if !match.isEmpty { out.keep(batch, cursor.item, bytes: match) }
      cursor.inner = progress.position
    }
    return .full
  }
}

struct GrepPredicate: Predicate {
  let matcher: Matcher
  let invert: Bool

  mutating func holds(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    do throws(PatternLimit) {
      return try batch.withLine(index) { (line) throws(PatternLimit) in
        try matcher.matches(line) != invert
      }
    } catch {
      throw .patternLimit
    }
  }
}
