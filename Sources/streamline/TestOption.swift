/// The options of `streamline test` as its manual tells them; a test compares them with the command.
struct TestOption {
  var name: String
  var short: String?
  var value: String?
  /// It may stand without its value, which else follows a `=`.
  var isValueOptional = false
  var text: String

  init(
    _ name: String, short: String? = nil, value: String? = nil, isValueOptional: Bool = false,
    _ text: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.isValueOptional = isValueOptional
    self.text = text
  }

  static let all = [
    TestOption(
      "case-timeout", value: "DURATION",
      "Ends a run of a case that takes longer, in real time. It is 10s if it is not given."),
    TestOption(
      "coverage", value: "MIN", isValueOptional: true,
      "Shows what the cases have reached in their pipelines; below MIN percent the exit status is 1."
    ),
    TestOption("fail-fast", "Stops at the first case that fails."),
    TestOption(
      "filter", value: "TEXT",
      "Only cases with this text in 'FILE: NAME'. It may be given many times: any of them will do."),
    TestOption(
      "format", value: "FORMAT", "The form of the report: text, tap, junit, json or github."),
    TestOption(
      "jobs", value: "N", "How many cases run at once; without it as many as there are processors."),
    TestOption("lcov", value: "FILE", "Writes what the cases have reached as an lcov tracefile."),
    TestOption("list", "Prints the cases with their places and tags, and runs none."),
    TestOption(
      "schedules", value: "N",
      "Runs each case under so many schedules, which are orders of what its tasks do."),
    TestOption(
      "seed", value: "SEED",
      "The schedule to run, or the first of many. It is 1 if it is not given."),
    TestOption(
      "tag", value: "TAG", "Only cases with this tag. It may be given many times: any will do."),
    TestOption("update", "Writes what came out as what is expected, into the files."),
    TestOption("verbose", short: "v", "Names the cases that pass too."),
    TestOption("watch", "Runs again whenever a file changes, until it is interrupted."),
  ]

  static var synopsis: [String] {
    [".Nm streamline", ".Cm test"] + all.map { ".Op \($0.macros)" } + [".Op Ar PATH ..."]
  }

  static var mdoc: [String] {
    [".Bl -tag -width Ds"]
      + all.flatMap { option -> [String] in
        let short = option.short.map { "Fl \($0) , " } ?? ""
        return [".It \(short)\(option.macros)"] + Mdoc.sentences(option.text)
      } + [".El"]
  }

  private var macros: String {
    let flag = "Fl Fl \(Mdoc.text(name))"
    guard let value else { return flag }
    return isValueOptional ? "\(flag) Ns Op = Ns Ar \(value)" : "\(flag) Ar \(value)"
  }
}
