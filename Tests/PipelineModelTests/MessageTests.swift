import PipelineModel
import Testing

/// What is said about pipelines that are wrong, word for word.
struct MessageTests {
  @Test(arguments: [
    ("gerp: x", ["2:5: there is no stage 'gerp' = did you mean 'grep'?"]),
    ("frobnicate", ["2:5: there is no stage 'frobnicate' = 'streamline stages' lists them"]),
    (
      "grep",
      [
        "2:5: 'grep' needs a pattern or a list of patterns, or {pattern, fixed, ignore_case}"
          + " = for example: grep: error"
      ]
    ),
    ("[a]", ["2:5: a stage is a mapping such as 'grep: error', not a list"]),
    (
      "trim: 5", ["2:11: 'trim' takes no value, not '5' = for example: trim"]
    ),
    ("head: many", ["2:11: 'head' takes a whole number, 0 or more, not 'many'"]),
    ("head: -1", ["2:11: 'head' takes a whole number, 0 or more, not '-1'"]),
    (
      "head: '5'",
      ["2:11: 'head' takes a whole number, 0 or more, not '5' = leave the quotes out"]
    ),
    (
      "grep: {patern: x}",
      ["2:12: 'grep' has no key 'patern' = did you mean 'pattern'?"]
    ),
    (
      "grep: {pattern: x, fixed: yes}",
      ["2:31: 'fixed' takes true or false, not 'yes' = YAML 1.2 writes it true"]
    ),
    (
      "grep: {pattern: x, fanout: 2}",
      ["2:24: 'grep' has no key 'fanout' = 'fanout' stands beside 'grep', in the same column"]
    ),
    (
      "grep: ~",
      [
        "2:5: 'grep' needs a pattern or a list of patterns, or {pattern, fixed, ignore_case}"
          + " = for example: grep: error"
      ]
    ),
    (
      "delay: 5",
      [
        "2:12: 'delay' takes a duration such as 500ms, 2s or 1m30s, not '5'"
          + " = a duration needs a unit: 5s"
      ]
    ),
    (
      "delay: 2d",
      [
        "2:12: 'delay' takes a duration such as 500ms, 2s or 1m30s, not '2d'"
          + " = hours are the longest unit: 48h"
      ]
    ),
    ("throttle: fast", ["2:15: 'throttle' takes a rate such as 10/s or 600/m, not 'fast'"]),
    ("exec: []", ["2:11: 'exec' takes a list of templates, and it is empty"]),
    ("exec: [a, [b]]", ["2:15: each value of 'exec' takes text, not a list"]),
    ("stages: []", ["2:13: 'stages' is empty; it takes at least one stage"]),
    (
      "stages: trim",
      ["2:13: 'stages' takes a list of stages, not 'trim' = for example: stages: [trim]"]
    ),
    (
      "fanout: 2",
      [
        "2:5: this stage has no kind, only 'fanout' = if it belongs to the stage above, write it "
          + "without '- ', in the column of its kind"
      ]
    ),
    (
      "filter: !has(this.x)",
      [
        "2:5: there is no stage 'filter' = 'streamline stages' lists them",
        "2:13: '!has(this.x)' is a tag to YAML, and no tag means anything here = quote it: "
          + "'!has(this.x)'",
      ]
    ),
  ])
  func `a stage that is wrong`(stage: String, expected: [String]) {
    #expect(stageMessages(stage) == expected)
  }

  @Test(arguments: [
    (
      "fanout: 0",
      [
        "3:13: 'fanout' takes a whole number from 1 to 65536, 'auto', or {workers, order, lookahead},"
          + " not '0'"
      ]
    ),
    (
      "fanout: {workers: 2, order: none, lookahead: {lines: 5}}",
      [
        "3:50: 'lookahead' can mean nothing with 'order: none': no item waits for an earlier one"
      ]
    ),
    (
      "fanout: {order: non}",
      [
        "3:13: 'fanout' needs 'workers': how many work at once",
        "3:21: 'order' takes 'input' or 'none', not 'non' = did you mean 'none'?",
      ]
    ),
    (
      "timeout: 5",
      [
        "3:14: 'timeout' takes a duration such as 500ms, 2s or 1m30s above 0, or {attempt, item, "
          + "idle, total}, not '5' = a duration needs a unit: 5s"
      ]
    ),
    ("timeout: {}", ["3:14: 'timeout' is empty; it takes attempt, item, idle or total"]),
    (
      "queue: 0",
      [
        "3:12: 'queue' takes a whole number, 1 or more, or {lines, bytes}, not '0'"
      ]
    ),
    (
      "retry: {attempts: 2, when: [timout]}",
      [
        "3:33: 'when' takes kinds of failure (exit, timeout, http, expression, assert, pattern, "
          + "too_large, spawn), a status such as 429 or a class such as 5xx, not 'timout'"
          + " = did you mean 'timeout'?"
      ]
    ),
    (
      "retry: {attempts: 2, backoff: 5s, max_backoff: 1s}",
      [
        "3:52: 'max_backoff' is 1s, and 'backoff' is longer: 5s"
      ]
    ),
    (
      "on_error: colect",
      [
        "3:15: 'on_error' takes 'fail', 'skip', 'pass' or 'collect', or {default, dead_letter}, not "
          + "'colect' = did you mean 'collect'?"
      ]
    ),
    (
      "on_error: {default: a, dead_letter: b}",
      [
        "3:15: 'on_error' takes one of {default: TEXT} and {dead_letter: PATH}"
      ]
    ),
    (
      "max_errors: 5",
      [
        "3:17: 'max_errors' counts what 'on_error' absorbs, and 'on_error: fail' absorbs nothing"
          + " = add 'on_error: skip' or another policy, or leave it out"
      ]
    ),
    (
      "if: [this.x]",
      [
        "3:9: 'if' takes an expression, and YAML made a list of it = quote it: '[this.x]'"
      ]
    ),
    (
      "if: {grep: x, fixed: true}",
      [
        "3:19: 'if' takes an expression, or {grep: PATTERN}"
          + " = write it into the test: {grep: {pattern: …, …}}"
      ]
    ),
    ("fanuot: 3", ["3:5: a stage has no key 'fanuot' = did you mean 'fanout'?"]),
    (
      "success: [1]",
      [
        "3:5: a stage has no key 'success' = 'success' belongs to 'exec': write exec: {…, success: …}"
      ]
    ),
    (
      "trim:",
      [
        "3:5: a stage has one kind, and this one has 'exec' and 'trim'"
          + " = write stages of their own, each with its '- '"
      ]
    ),
    (
      "fanout: 2\n    fanout: 3",
      [
        "4:5: the key 'fanout' is here a second time = the first is on line 3"
      ]
    ),
    (
      "name: a/b", ["3:11: 'a/b' is no name for a stage: '/' stands between a group and its stages"]
    ),
  ])
  func `a common key that is wrong`(key: String, expected: [String]) {
    #expect(stageMessages("exec: [a]", key) == expected)
  }

  @Test(arguments: [
    ("head: 3", "fanout: 2", "'fanout' can mean nothing for 'head': it takes one item after"),
    ("head: 3", "retry: 2", "'retry' can mean nothing for 'head'"),
    ("sort", "if: {grep: x}", "'if' can mean nothing for 'sort': its results come from many"),
    ("sort", "timeout: 2s", "'timeout' can mean nothing for 'sort'"),
    ("sort", "on_error: collect", "'on_error: collect' can mean nothing for 'sort'"),
    ("delay: 1s", "retry: 2", "'retry' can mean nothing for 'delay': it can not fail"),
    ("sample: {every: 3}", "fanout: 2", "'fanout' can mean nothing for 'sample'"),
    ("sample: {size: 3}", "if: {grep: x}", "'if' can mean nothing for 'sample'"),
  ])
  func `a key that can mean nothing says why`(kind: String, key: String, message: String) {
    let stage = kind.contains(":") ? kind : kind + ":"
    let messages = stageMessages(stage, key)
    #expect(messages.count == 1)
    #expect(messages.first?.contains(message) == true, "\(messages)")
  }

  @Test func `what is allowed for each class is not refused`() {
    #expect(stageMessages("head: 3", "if: {grep: x}", "on_error: collect", "queue: 3") == [])
    #expect(stageMessages("sort:", "on_error: skip", "max_errors: 3", "name: x") == [])
    #expect(stageMessages("sample: 0.5", "fanout: 2", "retry: 3", "emit: input") == [])
  }

  @Test(arguments: [
    ("", ["1:1: there is nothing in it = a pipeline has stages:"]),
    (
      "- grep: x\n",
      [
        "1:1: a pipeline file is a mapping with 'stages', not a list = put 'stages:' above the list"
      ]
    ),
    ("name: x\n", ["1:1: a pipeline needs 'stages': the stages, in the order of the stream"]),
    (
      "stages: [trim]\nfanout: 2\n",
      [
        "2:1: a pipeline has no key 'fanout' = 'fanout' is a key of a stage; for all stages it stands "
          + "under 'defaults'"
      ]
    ),
    ("stages: [trim]\nstags: 2\n", ["2:1: a pipeline has no key 'stags' = did you mean 'stages'?"]),
    (
      "stages: [trim]\ninput: cvs\n",
      [
        "2:8: 'input' takes 'lines', 'nul', 'csv', 'tsv' or 'json', or {format, max_line, header, "
          + "delimiter, columns, types, ragged, on_error}, not 'cvs' = did you mean 'csv'?"
      ]
    ),
    (
      "stages: [trim]\nparams: {1a: {}, b: {type: int, default: x}, c: {typ: int}}\n",
      [
        "2:10: '1a' is no name for a parameter = letters, digits and '_', not beginning with a digit",
        "2:42: the default of 'b' is no int: 'x'",
        "2:50: 'c' has no key 'typ' = did you mean 'type'?",
      ]
    ),
    (
      "stages: [trim]\ndefaults: {name: x, grep: y, fanout: no}\n",
      [
        "2:12: 'name' is a stage's own and has no default",
        "2:21: 'defaults' has no key 'grep' = only common keys have defaults, not kinds of stage",
        "2:38: 'fanout' takes a whole number from 1 to 65536, 'auto', or {workers, order, lookahead}, "
          + "not 'no'",
      ]
    ),
    (
      "stages:\n\t- trim\n",
      [
        "2:1: this is no YAML: while scanning for the next token (line 2), found character that cannot "
          + "start any token = YAML is indented by spaces, not tabs"
      ]
    ),
    (
      "stages: [trim]\n---\nstages: [trim]\n",
      [
        "2:1: a second document begins here, and one is all that is read = put it into a file of its "
          + "own"
      ]
    ),
    (
      "stages: [{name: a, head: 1}, {name: a, head: 2}]\n",
      [
        "1:37: two stages are called 'a' = the first is on line 1"
      ]
    ),
  ])
  func `a file that is wrong`(text: String, expected: [String]) {
    #expect(messages(text) == expected)
  }

  @Test func `all that is wrong is said in one run, in the order of the file`() {
    let places = messages(
      """
      nam: x
      stages:
        - gerp: a
        - head: x
          retyr: 3
        - sort:
          fanout: 3
        - grep: {pattern: a, fixed: maybe}
      """
    ).map { $0.prefix(3) }
    #expect(places == ["1:1", "3:5", "4:1", "5:5", "7:5", "8:3"])
  }

  @Test func `a group whose items go their own way refuses what counts and holds`() {
    let text = """
      stages:
        - stages:
            - trim
            - sort
            - head: 3
            - tee: a
            - stages: [sort]
          fanout: 4
        - stages: [sort, head]
        - stages: [head, sort]
          if: {grep: x}
      """
    #expect(
      messages(text) == [
        "4:9: 'sort' can not stand in a group with 'fanout': it holds items, and there each "
          + "item goes its own way = put it before or behind it, or leave 'fanout' out",
        "5:9: 'head' can not stand in a group with 'fanout': it remembers items, and there each "
          + "item goes its own way = put it before or behind it, or leave 'fanout' out",
        "7:18: 'sort' can not stand in a group with 'fanout': it holds items, and there each "
          + "item goes its own way = put it before or behind it, or leave 'fanout' out",
        "10:20: 'sort' can not stand in a group with 'if': its results come from many items, and "
          + "those that go by would have no place among them",
      ])
  }

  @Test func `a file is written by one stage, but dead letters may share`() {
    let text = """
      stages:
        - tee: out.txt
        - tee: ./out.txt
        - {exec: [a], on_error: {dead_letter: d}}
        - {exec: [b], on_error: {dead_letter: d}}
        - {exec: [b], on_error: {dead_letter: out.txt}}
        - tee: "{params.x}"
        - tee: "{params.x}"
        - tee: /dev/null
        - tee: /dev/null
      """
    #expect(
      messages(text) == [
        "3:10: the file './out.txt' is written by two stages = the other is on line 2; give each a "
          + "file of its own",
        "6:41: the file 'out.txt' is written by two stages = the other is on line 2; give each a "
          + "file of its own",
      ])
  }

  @Test func `doubtful pipelines are read with a warning`() {
    let text = """
      stages:
        - {exec: [a], fanout: {workers: 4, order: none}}
        - head: 3
        - {stages: [{throttle: 1/s}, {exec: [b]}], fanout: 16, timeout: 2s}
      """
    #expect(
      messages(text) == [
        "3:5: warning: 'head' depends on the order of items, and 'exec' above it gives it up "
          + "('order: none')",
        "4:16: warning: in its time limit of 2s the group lets fewer than 16 items through "
          + "'throttle', so that waiting there will make timeouts = put 'throttle' before the group, "
          + "or take a smaller 'fanout'",
      ])
    #expect(read(text).definition != nil)
  }
}
