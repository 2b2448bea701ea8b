package import YAMLTree

/// A pipeline file after checking: what it says, in the units the runtime works in, with the place
/// of every part that a message may have to name.
package struct PipelineDefinition: Sendable {
  package var file: String
  package var name: String?
  package var description: String?
  package var parameters: [Parameter]
  package var input: Framing
  package var output: Framing
  /// The limit on the whole run; nil is none.
  package var timeout: Duration?
  /// How long an ending may take before what is left is cancelled.
  package var grace: Duration
  package var stages: [StageDefinition]
  /// Kept as it was read, for `streamline test`.
  package var tests: Node?

  package init(
    file: String, name: String? = nil, description: String? = nil, parameters: [Parameter] = [],
    input: Framing = Framing(), output: Framing = Framing(), timeout: Duration? = nil,
    grace: Duration = .seconds(2), stages: [StageDefinition], tests: Node? = nil
  ) {
    self.file = file
    self.name = name
    self.description = description
    self.parameters = parameters
    self.input = input
    self.output = output
    self.timeout = timeout
    self.grace = grace
    self.stages = stages
    self.tests = tests
  }
}

extension PipelineDefinition {
  package var parameterKinds: [String: Parameter.Kind] {
    Dictionary(parameters.map { ($0.name, $0.kind) }) { first, _ in first }
  }
}

/// How the bytes at one end of the pipeline are divided into items.
package struct Framing: Sendable, Equatable {
  package enum Format: String, Sendable, CaseIterable {
    case lines, nul, csv, tsv, json, table, logfmt

    /// Those that an input can have.
    package static let inputs: [Format] = [.lines, .nul, .csv, .tsv, .json]
  }
  package var format: Format
  /// How the format is written and what becomes of what does not fit; nil for lines and NUL.
  package var records: RecordFraming?
  /// The largest item in bytes; a larger one at the input fails the run.
  package var maxLine: Int

  package static let defaultMaxLine = 16 << 20

  package init(format: Format = .lines, maxLine: Int = Framing.defaultMaxLine) {
    self.format = format
    self.maxLine = maxLine
  }

  package var delimiter: UInt8 { format == .nul ? 0 : 0x0A }

  package static func == (a: Framing, b: Framing) -> Bool {
    a.format == b.format && a.maxLine == b.maxLine
  }
}

/// The options of an end that reads or writes records.
package struct RecordFraming: Sendable {
  package var place: Place
  /// Whether the first record has the names of the columns.
  package var header = true
  /// Nil is the format's own.
  package var delimiter: UInt8?
  package var columns: [String]?
  /// By column.
  package var types: [(name: String, type: String)] = []
  /// `fail`, `pad` or `skip`: records with more or fewer fields than there are columns.
  package var ragged = "fail"
  package var onError: OnError?

  package init(place: Place) { self.place = place }
}

/// A value that comes in by `--param NAME=VALUE` or from its default.
package struct Parameter: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case string, int, double, bool, duration, path
  }
  package var name: String
  package var kind: Kind
  /// The default as text, already checked against `kind`; nil makes the parameter required.
  package var defaultValue: String?
  package var description: String?
  /// Kept out of messages, traces and plans.
  package var isSecret: Bool
  package var place: Place
}

/// One stage as written: its kind, its own arguments and the common keys.
package struct StageDefinition: Sendable {
  package var manual: StageManual
  /// The path messages, mocks and counters use: `tier`, `exec-2`, in a group `enrich/tier`.
  package var name: String
  package var place: Place
  package var common: CommonKeys
  package var arguments: Arguments
  /// The stages of a group, in order; empty for every other kind.
  package var stages: [StageDefinition]
  /// The key `name`, if it was written.
  package var givenName: Argument?
  /// Where the stages within it are those of another file.
  package var used: UsedPipeline?

  package var kind: String { manual.kind }

  package init(
    manual: StageManual, name: String, place: Place, common: CommonKeys, arguments: Arguments,
    stages: [StageDefinition] = [], givenName: Argument? = nil, used: UsedPipeline? = nil
  ) {
    self.manual = manual
    self.name = name
    self.place = place
    self.common = common
    self.arguments = arguments
    self.stages = stages
    self.givenName = givenName
    self.used = used
  }
}

/// The keys that mean the same on every stage that takes them.
package struct CommonKeys: Sendable {
  /// `if`: items for which it is false pass by, in their place.
  package var condition: Condition?
  package var emitsInput = false
  /// The expression that says what the stage is given; nil is the item.
  package var from: Argument?
  /// The field that takes the result; nil: the result takes the item's place.
  package var into: Argument?
  /// What several results become where one value is wanted.
  package var results = ResultsForm.one
  package var fanout: FanOutKeys?
  package var limits = Limits()
  package var retry: RetryPolicy?
  package var rate: Rate?
  package var onError: OnError?
  package var maxErrors: MaxErrors?
  package var queue = QueueCapacity()

  package init() {}
}

/// `results`.
package enum ResultsForm: String, Sendable, CaseIterable {
  /// None is null, and two or more fail the item.
  case one
  /// A list of them, however many.
  case list
}

/// `if`.
package struct Condition: Sendable {
  package enum Test: Sendable {
    /// `{grep: …}`: the arguments are those of the stage `grep`.
    case grep(Arguments)
    case expression(Argument)
  }
  package var test: Test
  package var place: Place
}

package struct FanOutKeys: Sendable {
  package enum Workers: Sendable, Equatable {
    case number(Int)
    /// As many as there are processors.
    case auto
  }
  package var workers: Workers
  /// False only with `order: none`.
  package var keepsOrder: Bool
  package var lookaheadLines: Int?
  package var lookaheadBytes: Int?
  package var place: Place
}

/// Time limits; each nil is none.
package struct Limits: Sendable, Equatable {
  package var attempt: Duration?
  package var item: Duration?
  package var idle: Duration?
  package var total: Duration?

  package init() {}
}

package struct RetryPolicy: Sendable, Equatable {
  /// What an attempt may have failed with for another one to follow.
  package enum Cause: Sendable, Equatable {
    /// A failure kind: `timeout`, `exit`, `spawn`, `http`, …
    case kind(String)
    /// An HTTP status or an exit status, exactly.
    case status(Int)
    /// `4xx`, `5xx`: the hundred.
    case statusClass(Int)
  }
  /// 1 or more, the first one counted.
  package var attempts: Int
  package var backoff: Duration
  package var maxBackoff: Duration
  /// Full jitter: the pause is drawn from 0 up to the exponential value.
  package var jitter: Bool
  /// Empty means every failure that a policy can absorb.
  package var causes: [Cause]

  package init(
    attempts: Int, backoff: Duration, maxBackoff: Duration, jitter: Bool = true,
    causes: [Cause] = []
  ) {
    self.attempts = attempts
    self.backoff = backoff
    self.maxBackoff = maxBackoff
    self.jitter = jitter
    self.causes = causes
  }
}

/// Attempts a period, for the whole stage as written.
package struct Rate: Sendable, Equatable {
  package var limit: Int
  package var per: Duration
  package var burst: Int

  package init(limit: Int, per: Duration, burst: Int) {
    self.limit = limit
    self.per = per
    self.burst = burst
  }
}

package enum OnError: Sendable {
  case fail, skip, pass, collect
  /// The text that takes the result's place: a template here, an expression with records.
  case replace(Argument)
  case deadLetter(path: Argument, append: Bool)
}

package enum MaxErrors: Sendable, Equatable {
  case number(Int)
  /// In percent, above 0 and at most 100.
  case percent(Double)
}

/// The bound of the queue into a stage. One line larger than `bytes` is let through alone.
package struct QueueCapacity: Sendable, Equatable {
  package var lines = 16_384
  package var bytes = 1 << 20
  /// False where neither the stage nor `defaults` named it: inside an item's own run the default
  /// is smaller.
  package var isGiven = false

  package init() {}
}
