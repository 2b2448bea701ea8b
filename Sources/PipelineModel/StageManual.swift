/// What the user may write about one kind of stage and what it does: validation, help, the manual
/// pages and the tests of examples are all derived from it.
package struct StageManual: Sendable {
  /// The chapter of the manual.
  package enum Chapter: String, Sendable, CaseIterable {
    case lines = "Lines"
    case records = "Records"
    case concurrency = "Concurrency"
  }

  /// How items go through the stages within a stage.
  package enum InnerStages: Sendable {
    /// As through those around it, unless a common key acts on each item: a group.
    case stream
    /// The same, but only error records go through them: `rescue`.
    case errors
    /// The stage leads them through streams of its own: the branches of `switch`.
    case branches
    /// Each by itself: the branches of `gather`.
    case items
  }

  /// A stage, what it is given and what it makes of it; run by the tests.
  package struct Example: Sendable {
    /// YAML of one stage: `grep: error`.
    package var stage: String
    /// Lines, each with its newline. What begins with `{` stands for records, of which only `parse`
    /// is given the lines.
    package var input: String
    package var output: String
    /// By name: texts of the files that the stage uses.
    package var files: [String: String]

    package init(stage: String, input: String, output: String, files: [String: String] = [:]) {
      self.stage = stage
      self.input = input
      self.output = output
      self.files = files
    }
  }

  /// A field that, when given, moves the stage to another class (`sample: {every: 10}`).
  package struct ClassRule: Sendable {
    package var field: String
    /// The only value that does so (`dedupe: {keep: last}`); nil: any.
    package var value: String?
    package var stageClass: StageClass

    package init(field: String, value: String? = nil, _ stageClass: StageClass) {
      self.field = field
      self.value = value
      self.stageClass = stageClass
    }

    /// As messages and manuals call it: `keep: last`, or `every`.
    package var words: String { value.map { "\(field): \($0)" } ?? field }

    fileprivate func holds(for arguments: Arguments) -> Bool {
      value.map { arguments.string(field) == $0 } ?? arguments.isGiven(field)
    }
  }

  /// A common key that this kind refuses although its class takes it, and why.
  package struct Refusal: Sendable {
    package var key: String
    /// The end of the sentence "'retry' means nothing for 'delay': …".
    package var reason: String

    package init(_ key: String, _ reason: String) {
      self.key = key
      self.reason = reason
    }
  }

  /// A common key that this kind takes although its class refuses it.
  package struct Allowance: Sendable {
    package var key: String
    /// Only where this field is given.
    package var field: String?
    /// Only these parts of it; nil: all.
    package var parts: [String]?

    package init(_ key: String, with field: String? = nil, parts: [String]? = nil) {
      self.key = key
      self.field = field
      self.parts = parts
    }
  }

  package var kind: String
  package var chapter: Chapter
  package var stageClass: StageClass
  package var classRules: [ClassRule]
  /// One sentence: "Keeps the lines in which a pattern is found."
  package var summary: String
  /// Paragraphs of the manual.
  package var description: [String]
  package var fields: [Field]
  /// The field that is filled by a value that is no mapping (`grep: error`, `exec: [ls]`).
  package var shorthand: String?
  /// Whether `- trim` alone is a stage. Needs no required field.
  package var allowsBareWord: Bool
  package var examples: [Example]
  /// Set if the stage holds the stream: what it holds and how much: "Holds the last lines."
  package var holds: String?
  /// How many files without a name it may have open at once, for what does not fit into memory.
  package var scratchFiles: Int
  /// Works on the bytes of lines: it is given a field of a record by `from`, never a whole one.
  package var worksOnText: Bool
  /// Error records are items to it like any other; past other stages they go.
  package var takesErrors: Bool
  /// Makes one value of the results of its stages without 'into' too, so that 'results' says what
  /// several of them become.
  package var takesResultsAsValues: Bool
  /// How the items go through the stages that it holds.
  package var inner: InnerStages
  /// What it does besides giving results, one sentence: "Writes a file."
  package var effects: String?
  package var refusals: [Refusal]
  package var allowances: [Allowance]
  /// What can come of it without a time limit, the end of a sentence; nil where nothing can.
  package var withoutLimit: String?

  package init(
    kind: String, chapter: Chapter, stageClass: StageClass, classRules: [ClassRule] = [],
    summary: String, description: [String] = [], fields: [Field] = [], shorthand: String? = nil,
    allowsBareWord: Bool = false, examples: [Example], holds: String? = nil,
    scratchFiles: Int = 0,
    effects: String? = nil, refusals: [Refusal] = [],
    allowances: [Allowance] = [], withoutLimit: String? = nil, worksOnText: Bool = false,
    takesErrors: Bool = false, takesResultsAsValues: Bool = false, inner: InnerStages = .stream
  ) {
    self.kind = kind
    self.chapter = chapter
    self.stageClass = stageClass
    self.classRules = classRules
    self.summary = summary
    self.description = description
    self.fields = fields
    self.shorthand = shorthand
    self.allowsBareWord = allowsBareWord
    self.examples = examples
    self.holds = holds
    self.scratchFiles = scratchFiles
    self.effects = effects
    self.refusals = refusals
    self.allowances = allowances
    self.withoutLimit = withoutLimit
    self.worksOnText = worksOnText
    self.takesErrors = takesErrors
    self.takesResultsAsValues = takesResultsAsValues
    self.inner = inner
  }

  package var sendsItemsAlone: Bool { inner == .items }
  package var isPlainGroup: Bool { inner == .stream || inner == .errors }
  /// Error records are all that the stage is given; other items pass by.
  package var takesOnlyErrors: Bool { inner == .errors }

  /// The class of a stage with these arguments.
  package func stageClass(for arguments: Arguments) -> StageClass {
    classRules.first { $0.holds(for: arguments) }?.stageClass ?? stageClass
  }
}

/// How a stage's results come from its items; it decides which common keys the stage takes.
package enum StageClass: String, Sendable, CaseIterable {
  /// Each result comes from one item, nothing is remembered.
  case lineWise = "line-wise"
  /// One item after another, remembers, gives at once.
  case inLine = "in-line"
  /// A result comes from many items, or from the end.
  case gathering
}
