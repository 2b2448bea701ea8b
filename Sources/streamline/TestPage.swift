import PipelineModel
import PipelineTesting

/// streamline-test(1): tests of pipelines. Its keys come from the tables that cases are read by.
enum TestPage {
  static var text: String {
    var lines = [
      ".\\\" Made by: streamline manual test > man/streamline-test.1",
      ".Dd \(Streamline.date)", ".Dt STREAMLINE-TEST 1", ".Os",
      ".Sh NAME", ".Nm streamline-test", ".Nd run the tests of pipelines",
      ".Sh SYNOPSIS",
    ]
    lines += TestOption.synopsis
    for chapter in [what, time, files, cases, input, mocks, faults, expectations, tables] {
      lines += chapter.mdoc
    }
    lines += [".Sh OPTIONS"] + TestOption.mdoc
    for chapter in [schedules, reports, coverage, updating, endings, examples] {
      lines += chapter.mdoc
    }
    lines += [
      ".Sh SEE ALSO", ".Xr streamline 1 ,", ".Xr streamline-pipeline 5 ,",
      ".Xr streamline-stages 7",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private struct Chapter {
    var title: String
    var parts: [ManualPage.Part]

    init(_ title: String, _ parts: ManualPage.Part...) {
      self.title = title
      self.parts = parts
    }

    var mdoc: [String] { [".Sh \(title)"] + ManualPage(parts: parts).mdoc }
  }

  private static func keys(_ fields: [Field]) -> ManualPage.Part {
    .terms(fields.map(ManualPage.term))
  }
}

// What cases are
extension TestPage {
  private static let what = Chapter(
    "DESCRIPTION",
    .paragraph(
      """
      A test case gives a pipeline its input, puts mocks in the place of what reaches outside, and \
      says what is to come out. The cases of a pipeline stand under 'tests' in its file, or in a file \
      NAME.test.yaml that names it. Each PATH is such a file, or a folder in which all of them are \
      found; without one it is the folder the command is started in.
      """),
    .literal(example),
    .paragraph(
      """
      A case runs the same engine as 'streamline run': the same queues, fan-outs, limits and \
      failures. It differs in what is around it: time, the world outside, and the files that are \
      written are the case's own.
      """))

  private static let example = """
    stages:
      - name: tier
        exec: [curl, -sf, 'http://localhost/tiers/{}']
        fanout: 16
        timeout: 2s
        retry: { attempts: 3, backoff: 200ms }

    tests:
      - name: a slow answer does not change the order
        input: |
          ann
          ben
        mocks:
          tier:
            - { match: ann, delay: 1500ms, output: gold }
            - { output: silver }
        expect:
          output: |
            gold
            silver
          elapsed: 1500ms

      - name: a service that is down ends the run after three attempts
        input: ann
        mocks: { tier: { exit: 22 } }
        expect:
          output: []
          error: { stage: tier, kind: exit, line: 1 }
          calls: { tier: 3 }
    """

  private static let time = Chapter(
    "VIRTUAL TIME",
    .paragraph(
      """
      A case has a clock of its own. It stands still while anything can run, and then moves straight \
      to the next moment at which something is due: a limit, a pause between attempts, a throttle, a \
      delay of a mock, a timed line. So a case that waits for an hour takes as long as one that does \
      not wait, and 'elapsed: 2s' is an equality.
      """),
    .paragraph(
      """
      At one moment first comes what brings work, then all that can run runs, and then limits: an \
      answer at the very moment of its limit is an answer. 'fanout: auto' is four workers. Draws, as \
      for the pauses between attempts, depend on the case's seed alone.
      """),
    .paragraph(
      """
      When nothing can run, nothing is due and the run is not over, it is stuck: the case fails at \
      once, with the state of every stage. So a mock that hangs finds a limit that is missing.
      """),
    .paragraph(
      """
      With 'real_time: true', or with 'allow', a case runs on the machine's clock and may start real \
      commands. Then 'elapsed' takes bounds only, and it can not be run under several schedules.
      """))

  private static let files = Chapter(
    "FILES OF TESTS",
    .paragraph(
      "Under 'tests' of a pipeline file stands a list of cases, or a mapping of these keys:"),
    keys(CaseTable.suiteFields),
    .paragraph("A file *.test.yaml is a mapping of these:"),
    keys(CaseTable.fileFields),
    .paragraph(
      """
      Everything that is wrong with the files is reported before any case is run: unknown keys, \
      stages that are not there, stages that would reach outside and have no mock.
      """))

  private static let cases = Chapter(
    "CASES",
    .paragraph(
      """
      A case needs a name. What it expects is compared exactly and in order unless another key says \
      otherwise, and a failure that no key of 'expect' mentions fails the case.
      """),
    keys(CaseTable.caseFields))

  private static let input = Chapter(
    "INPUT",
    .paragraph(
      """
      As text, or as a list of lines. A line of a list may come at a time: {at: 2s, line: TEXT}. Or as \
      a mapping of one of the first four keys:
      """),
    keys(CaseTable.inputFields),
    .paragraph("Under generate:"),
    keys(CaseTable.generateFields),
    .paragraph("A timed line:"),
    keys(CaseTable.timedFields))

  private static let tables = Chapter(
    "TABLES AND DEFAULTS",
    .paragraph(
      """
      With 'cases' a case is a table: each row is a mapping of keys of a case that take the place of \
      those beside 'cases', and makes a case of its own. A row without a name has that of the table \
      with its number: 'sums [2]'. The keys of params, env and mocks are replaced one by one, all \
      others as a whole.
      """),
    .literal(
      """
      - name: a card number is left out
        stage: redact
        cases:
          - { name: sixteen digits, input: card=4111111111111111, expect: 'card=***' }
          - { name: another word, input: discard=1, expect: discard=1 }
      """),
    .paragraph(
      "'defaults' has keys that all cases of a file begin with, and that theirs replace alike."))
}

// What takes the place of the world, and what is expected
extension TestPage {
  private static let mocks = Chapter(
    "MOCKS",
    .paragraph(
      """
      Under 'mocks' stands, by the name of a stage, what takes its place: a text, which is its result \
      for every item; one rule; or a list of rules, of which for each call the first that fits \
      counts. A stage of a group is named GROUP/STAGE; a group as a whole can have a mock too. The \
      stage's own fanout, timeout, retry and on_error stay as they are. A call that no rule fits \
      fails. A stage that makes its results of many items, as sort and pipe do, takes a text or one \
      rule without a condition or a delay, and gives that once, at the end of its input.
      """),
    keys(CaseTable.mockFields),
    .paragraph("Under error:"),
    keys(CaseTable.errorFields),
    .paragraph(
      """
      A rule may have a delay and then a result or a failure; the delay counts in the stage's limits. \
      Stages that run commands, and others that reach outside, are refused without a mock, unless \
      'allow' names their kind. Files are not written to the disk: they are the case's own, to be \
      looked at by 'files'.
      """))

  private static let faults = Chapter(
    "FAULTS",
    .paragraph("Each entry of 'inject' makes something go wrong in a stage, mocked or not:"),
    keys(CaseTable.faultFields),
    .paragraph(
      """
      A limit still counts for an item that begins late: 'do: slow' with more than the limit is a \
      timeout. What 'fail' and 'timeout' make goes the stage's own way: it is tried again, absorbed, \
      or ends the run.
      """),
    .paragraph("Under signal, which comes behind a line or at a time:"),
    keys(CaseTable.signalFields))

  private static let expectations = Chapter(
    "EXPECTATIONS",
    .paragraph(
      "Text or a list under 'expect' is the exact output. Otherwise it is a mapping of these keys:"),
    keys(CaseTable.expectFields),
    .paragraph("Where a number is expected it may have bounds instead:"),
    keys(CaseTable.amountFields),
    .paragraph("A time likewise:"),
    keys(CaseTable.elapsedFields),
    .paragraph("Under matches:"),
    keys(CaseTable.matchFields),
    .paragraph("A failure, under error and in the list errors, is described by any of these:"),
    keys(CaseTable.failureFields),
    .paragraph("Under stderr, where not all of it is given:"),
    keys(CaseTable.textFields),
    .paragraph(
      """
      Where a run fails or has enough before its input ends, stages ahead of that place have run on \
      by some lines, and by how many is left to the schedule: 'after' is compared up to that place, \
      and 'calls' and 'max_in_flight' of these stages take bounds. The output of a stage with 'order: \
      none' is expected 'unordered'.
      """))
}

// How they are run
extension TestPage {
  private static let schedules = Chapter(
    "SCHEDULES",
    .paragraph(
      """
      What tasks of a run do at the same time has no order. A case runs them one at a time, in an \
      order drawn from a seed, and with the same seed it is the same order, on every machine. \
      '--schedules 1000' runs each case under a thousand orders, in which also the sizes of reads \
      vary. Whatever the order, the outcome has to be the same: that is what streamline promises, and \
      what a pipeline gives up by 'order: none'. A failure names its seed, and '--seed' runs it again.
      """))

  private static let reports = Chapter(
    "REPORTS",
    .paragraph(
      """
      A case that fails is told with what differs: expected lines that are not there (-), lines that \
      were not expected (+) with the input line they come from, blanks at the end as dots, tabs as \
      arrows, and bytes that are no UTF-8 in hexadecimal. Then come the seed and the command that runs \
      the case again.
      """),
    .literal(
      """
      FAIL  tiers.yaml:9: a slow answer does not change the order
        expect: 2 lines expected (-), 2 there (+)
          - gold
          + DOWN   (from input line 1)
            silver
        schedule: seed 1
        again: streamline test tiers.yaml --filter 'a slow answer does not change the order' --seed 1
      """),
    .paragraph("The forms of --format:"),
    .terms([
      ("text", "", "For people; -v names the cases that pass too."),
      ("tap", "", "The Test Anything Protocol, version 14."),
      (
        "junit", "",
        "The XML that CI systems read: a testsuite for each file, failure for a case that failed and "
          + "error for one that hung."
      ),
      ("json", "", "One object: cases, passed, failed and seconds."),
      ("github", "", "Annotations of GitHub's workflows, at the line of each case that failed."),
    ]),
    .paragraph(
      """
      Cases run in worker processes of the same program, as many at once as --jobs says; they are \
      told in the order of the files. A case that computes without end, or waits in real time, is \
      ended after --case-timeout, and told with the state of every stage.
      """))

  private static let coverage = Chapter(
    "COVERAGE",
    .paragraph(
      """
      '--coverage' shows each pipeline with a mark before its lines: + where all of it was \
      reached, ! where something never was, and what. Counted are stages, an 'if' both ways, each \
      on_error that is not fail, each time limit, and each retry. Below MIN percent, with \
      '--coverage=MIN', the exit status is 1. '--lcov FILE' writes the same as a tracefile, in which what a line can do are its branches.
      """))

  private static let updating = Chapter(
    "UPDATING",
    .paragraph(
      """
      With --update what came out takes the place of what was expected, in the files. It keeps the \
      rest of a file as it is, comments too, and the style of what it replaces: a block of text, a \
      list, a number. A case without 'expect' gets one. Look at the changes before you keep them. It \
      is refused where CI is set.
      """))

  private static let endings = Chapter(
    "EXIT STATUS",
    .terms([
      ("0", "", "All cases passed."),
      ("1", "", "A case failed or hung, or less was reached than --coverage asks for."),
      ("2", "", "A file is wrong, or there is no case to run."),
    ]))

  private static let examples = Chapter(
    "EXAMPLES",
    .paragraph("All tests of a folder, and in CI:"),
    .literal(
      """
      streamline test pipelines
      streamline test pipelines --format junit --coverage=90 > report.xml
      """),
    .paragraph("One case, again and again while its files change:"),
    .literal("streamline test tiers.yaml --filter 'slow answer' --watch"),
    .paragraph("A limit that bites, exactly:"),
    .literal(
      """
      - name: a page that hangs is given up after two times five seconds
        input: index.html
        mocks: { fetch: { hang: true } }
        expect:
          output: DOWN  index.html
          errors: [{ stage: fetch, kind: timeout, line: 1 }]
          elapsed: { at_least: 10s, at_most: 10100ms }
      """),
    .paragraph("A line that is shown at once, though the next one comes in an hour:"),
    .literal(
      """
      - name: an error is shown at once
        input:
          - { at: 3s, line: 'ERROR mailbox is full' }
          - { at: 1h, line: 'ERROR no connection' }
        close_output_after: 1
        expect: { output: [mailbox is full], elapsed: 3s }
      """),
    .paragraph("A signal ends the input, and what is held comes out:"),
    .literal(
      """
      - name: a signal is an end of input
        input: { generate: { lines: 100 } }
        signal: { name: TERM, at_line: 4 }
        expect: { output: ['1,2,3', '4'], exit: 143 }
      """))
}
