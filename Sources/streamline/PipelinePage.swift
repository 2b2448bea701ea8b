import PipelineModel

/// streamline-pipeline(5): the pipeline file. Its keys come from the tables that validation reads.
enum PipelinePage {
  static var text: String {
    var lines = [
      ".\\\" Made by: streamline manual pipeline > man/streamline-pipeline.5",
      ".Dd \(Streamline.date)", ".Dt STREAMLINE-PIPELINE 5", ".Os",
      ".Sh NAME", ".Nm streamline-pipeline", ".Nd pipeline files of streamline",
    ]
    lines += section(
      "DESCRIPTION",
      [
        .paragraph(
          """
          A pipeline file is a YAML mapping that names the stages of a pipeline and says how they \
          are run. Lines go in, each stage makes a new stream of them, and what leaves the last \
          stage is written. Lines are bytes: what no stage changed comes out as it came in.
          """),
        .literal(example),
        .paragraph(
          """
          Everything that is wrong with a file is reported in one run, before any line is read. \
          'streamline check' reports the same without running it.
          """),
      ])
    lines += section("TOP-LEVEL KEYS", [.terms(TopLevelTable.fields.map(ManualPage.term))])
    lines += section(
      "PARAMETERS",
      [
        .paragraph(
          "Each name under params is followed by a mapping, which may be empty. Its keys are:"),
        .terms(TopLevelTable.parameterFields.map(ManualPage.term)),
      ])
    lines += section(
      "STAGES",
      [
        .paragraph(
          """
          A stage is a mapping with exactly one key that names its kind, and any of the common keys \
          beside it. The value of the kind is a mapping of its own keys, or where its manual says so \
          a single value. A kind with nothing to set may be a word. These are the same:
          """),
        .literal("- grep: error\n- grep: {pattern: error}"),
        .paragraph("streamline-stages(7) describes every kind of stage."),
      ])
    lines += section("ITEMS", items)
    lines += section("COMMON KEYS", commonKeys)
    lines += section("FAILURES", failures)
    lines += section("TEMPLATES", templates)
    lines += section("VALUES", values)
    lines += section("READING YAML", yaml)
    lines += [
      ".Sh SEE ALSO", ".Xr streamline 1 ,", ".Xr streamline-test 1 ,",
      ".Xr streamline-expressions 7 ,", ".Xr streamline-stages 7",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ title: String, _ parts: [ManualPage.Part]) -> [String] {
    [".Sh \(title)"] + ManualPage(parts: parts).mdoc
  }

  private static let example = """
    #!/usr/bin/env -S streamline run
    name: tiers-of-failing-users
    description: Which tier the users have who met an error.
    params:
      api: { default: "http://127.0.0.1:8080" }
    stages:
      - grep: '" 50[0-9] '
      - cut: { fields: "3", delimiter: " " }
      - dedupe
      - name: tier
        exec: [curl, -sf, "{params.api}/tiers/{}"]
        fanout: 16          # 16 requests at once, gathered in order
        timeout: 2s         # for each attempt
        retry: { attempts: 3, backoff: 200ms }
        on_error: collect   # an error record takes the place of the answer
    """

  private static var commonKeys: [ManualPage.Part] {
    [
      .paragraph(
        """
        They mean the same on every stage that takes them. A key that could mean nothing for a kind \
        of stage is an error that says why. 'defaults' gives them to all stages that take them and \
        do not have them.
        """),
      .terms(CommonKeyTable.fields.map(ManualPage.term)),
      .paragraph(
        """
        Results leave a fan-out in the order of its input, whatever the workers do, unless order is \
        none. Time limits begin when a worker has the item and a place for its results: waiting in a \
        queue does not count.
        """),
      .paragraph(
        """
        A group (the stage stages) with fanout, timeout, retry, rate, on_error or emit gives each \
        item a way of its own through it, so that it holds only stages that neither remember nor \
        hold items, and tee and throttle. A group without these is a part of the stream.
        """),
    ]
  }

  private static let items: [ManualPage.Part] = [
    .paragraph(
      """
      What flows through the stages are items. An item is a line of bytes until a stage makes a record \
      of it (parse, map), or input does (csv, tsv, json); a record has named fields, \
      which expressions and templates see as this.NAME. On a record a stage that works on text needs \
      from, and mostly into. A record that reaches an output of lines is written as JSON.
      """),
    .paragraph(
      """
      if, from, default and what filter, map, set and others compute are expressions: \
      streamline-expressions(7). Commands, URLs, texts and paths are templates. All else is plain.
      """),
  ]

  private static let failures: [ManualPage.Part] = [
    .paragraph(
      """
      An item can fail in a stage: a command exits with another status (exit), an attempt takes too \
      long (timeout), a server's answer is not one of those accepted (http), an expression or a template \
      has no value, or the item is none that the stage can read (expression), what must be true is not \
      (assert), a pattern needs too many steps on a line (pattern), a result is too large \
      (too_large), or a command can not be started with these arguments (spawn). What then happens is \
      said by retry and on_error. Failures of a stage as a whole, such as a file that can not be \
      written, are never absorbed.
      """),
    .paragraph(
      """
      With on_error: fail, the failure takes its place in the stream: what is behind it is cancelled, \
      what is before it is finished and written within the time that grace allows. So a failing run \
      writes what it would have written up to there, and it is the first failure in the stream that is \
      reported, whatever the fan-out.
      """),
    .paragraph(
      """
      An error record is one JSON object on a line, with the one member error: an object of stage, \
      kind, line, message, input and attempts. Bytes that are not UTF-8 stand under input_base64. It \
      passes by later stages that work on single items, to rescue or the output. A dead letter is the same with source, the \
      input line as it was read, which 'run --replay' reads.
      """),
  ]

  private static let templates: [ManualPage.Part] = [
    .paragraph(
      "Arguments of commands, URLs, texts and paths are templates. In them these are replaced:"),
    .terms([
      ("{}", "", "The item."),
      ("{this.NAME}", "", "A field of the item, which is a record."),
      ("{= EXPR}", "", "What an expression gives."),
      ("{line}", "", "The input line the item came from, as it was read."),
      ("{nr}", "", "The number of that line, from 1."),
      ("{params.NAME}", "", "The value of a parameter."),
      ("{env.NAME}", "", "The value of an environment variable, which must be set."),
      ("{{}", "", "An opening brace."),
    ]),
    .paragraph(
      """
      Every other brace stands for itself. In a list of arguments a template fills one argument, \
      whatever the item holds: no shell sees it and nothing needs quoting. A string is written as it \
      is, a record or a list as JSON; a value that is null or missing fails the item.
      """),
  ]

  private static let values: [ManualPage.Part] = [
    .terms([
      (
        "Durations", "",
        "500ms, 2s, 1.5s, 1m30s, 1h: units h, m, s, ms and us, the larger first."
      ),
      ("Sizes", "", "64KiB, 1MiB, 1MB, or a plain number of bytes."),
      ("Rates", "", "10/s, 600/m, 5/h."),
      (
        "Patterns", "",
        "Perl's regular expressions as PCRE2 has them, found anywhere in the line unless anchored."
      ),
      (
        "Paths", "",
        """
        Files that are read (use, lookup) are relative to the folder of the pipeline file, files that \
        are written to the working folder.
        """
      ),
    ])
  ]

  private static let yaml: [ManualPage.Part] = [
    .paragraph(
      """
      Plain scalars follow YAML 1.2: on, yes and no are text. Anchors, aliases and merge keys (<<) \
      work. A file holds one document of at most 4 MiB, 128 levels and 100,000 values once its \
      aliases are written out.
      """),
    .paragraph(
      """
      What begins with a quote, !, *, &, [, { or %, or holds ': ' or ' #', must be quoted as a whole, \
      best in single quotes: grep: '" 50[0-9] '.
      """),
  ]
}
