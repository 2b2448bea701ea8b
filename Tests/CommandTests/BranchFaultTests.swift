import TestSupport
import Testing

/// What goes wrong in one branch while others are at work, against the built program: processes of
/// the others are ended and awaited, and the failure is reported once, with its path.
@Suite(.enabled(if: programIsThere, programIsMissing))
struct BranchFaultTests {
  @Test func `a branch that fails while its sibling hangs`() throws {
    let outcome = try streamline(
      """
      stages:
        - gather:
            slow: [exec: 'trap "" TERM; sleep 1000 & sleep 1000']
            bad: [exec: 'echo no; exit 3']
          fanout: 2
      grace: 100ms
      """, input: "a\nb\n")
    outcome.expect(
      status: 1, output: "",
      messages: """
        streamline: p.yaml:4:13: stage 'gather/bad/exec': input line 1: exit status 3
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `a branch of a branch that fails while everything else hangs`() throws {
    let outcome = try streamline(
      """
      stages:
        - gather:
            - [exec: sleep 1000]
            - - gather:
                  a: [exec: sleep 1000]
                  b: [exec: 'exit 4']
          on_error: collect
      """, input: "a\n")
    outcome.expect(
      status: 0,
      output: """
        {"error":{"stage":"gather/2/gather/b/exec","kind":"exit","line":1,"message":"exit status 4",\
        "input":"a","attempts":1}}

        """, messages: "streamline: failed items: stage 'gather': 1 made error records\n")
  }

  @Test func `a limit on all branches ends the processes of each`() throws {
    let outcome = try streamline(
      """
      stages:
        - gather: [[exec: sleep 1000], [exec: 'trap "" TERM; sleep 1000'], [upper]]
          timeout: 200ms
      grace: 100ms
      """, input: "a\n")
    outcome.expect(
      status: 1, output: "",
      messages: """
        streamline: p.yaml:2:5: stage 'gather': input line 1: no answer within 200ms
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `a branch of a switch that fails while another hangs behind it`() throws {
    let outcome = try streamline(
      """
      stages:
        - switch:
            - {when: this == "b", stages: [exec: 'exit 5']}
            - {when: this == "c", stages: [exec: sleep 1000]}
      grace: 2s
      """, input: "a\nb\nc\n")
    outcome.expect(
      status: 1, output: "a\n",
      messages: """
        streamline: p.yaml:3:38: stage 'switch/1/exec': input line 2: exit status 5
        streamline: complete through input line 1, output line 1

        """)
  }

  @Test func `work that was begun is ended where its item is dropped, and at an early end`() throws
  {
    let outcome = try streamline(
      """
      stages:
        - {start: {work: [exec: '[ "$1" = go ] || sleep 1000; echo done']}, fanout: 2}
        - grep: go
        - head: 1
        - await: work
      """, input: "drop\ngo\nnever\nnever\n")
    outcome.expect(status: 0, output: "done\n")
  }

  @Test func `work that was begun and fails while later work hangs`() throws {
    let outcome = try streamline(
      """
      stages:
        - {start: {work: [exec: '[ "$1" = a ] || sleep 1000; exit 6']}, fanout: 3}
        - await: work
      """, input: "a\nb\nc\n")
    outcome.expect(
      status: 1, output: "",
      messages: """
        streamline: p.yaml:2:21: stage 'start/work/exec': input line 1: exit status 6
        streamline: complete through input line 0, output line 0

        """)
  }

  @Test func `a side stream that may fail and can not have its file is left out`() throws {
    for (side, stage) in [
      ("to: none/side, stages: [upper]", "2:5: stage 'tee'"),
      ("stages: [{tee: none/side}]", "2:21: stage 'tee/tee'"),
      ("stages: [{trim: , on_error: {dead_letter: none/side}}]", "2:21: stage 'tee/trim'"),
    ] {
      let stages = "stages:\n  - tee: {\(side), optional: OPTIONAL}\n  - lower\n"
      let outcome = try streamline(
        stages.replacing("OPTIONAL", with: "true"), input: "A\nB\n")
      #expect(outcome.status == 0)
      #expect(outcome.text == "a\nb\n")
      #expect(
        outcome.messages == """
          streamline: warning: p.yaml:\(stage): cannot write 'none/side': No such file or directory
            = its folder has to be there
            = its side stream is 'optional', and the main stream goes on without it

          """)
      let strict = try streamline(
        stages.replacing("OPTIONAL", with: "false"), input: "A\nB\n")
      #expect(strict.status == 1)
      #expect(strict.text == "")
    }
  }
}
