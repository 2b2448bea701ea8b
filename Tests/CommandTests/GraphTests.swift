import Foundation
import TestSupport
import Testing

/// `streamline graph`
struct GraphTests {
  private static let pipeline = """
    input: csv
    stages:
      - name: 'a "quoted" <name> \\ #1'
        grep: x
      - gather: {left: [map: this], right: [{map: this, fanout: 4}]}
      - switch:
          - {when: this.a == "x", stages: [trim]}
          - {when: this.b > 1, name: other, stages: [upper]}
      - tee: {stages: [count], to: counts.txt}
        queue: 5
      - start: {work: [{exec: work}]}
      - tee: copy.txt
      - await: work
      - rescue: [map: this.error.kind]
      - use: part.yaml
        fanout: 2
        on_error: {dead_letter: dead.ndjson}
    """

  private func graph(_ format: String) throws -> String {
    let files = ["p.yaml": Self.pipeline, "part.yaml": "stages: [lower]"]
    let call = try FrontEndCall(["graph", "--format", format, "p.yaml"], files: files)
    #expect(call.messages == "")
    #expect(call.status == 0)
    return call.output
  }

  @Test func `for Mermaid it is a flowchart`() throws {
    #expect(
      try graph("mermaid") == """
        flowchart TD
          n1(["input: csv"])
          n2["a #34;quoted#34; #60;name#62; #92; #35;1 (grep)"]
          n3{"gather"}
          subgraph g4["gather/left"]
            n5["gather/left/map"]
          end
          subgraph g6["gather/right"]
            n7["gather/right/map<br/>4 workers"]
          end
          n8{"gather: results"}
          n9{"switch"}
          subgraph g10["switch/1"]
            n11["switch/1/trim"]
          end
          subgraph g12["switch/other"]
            n13["switch/other/upper"]
          end
          n14["tee"]
          subgraph g15["tee"]
            n16["tee/count"]
          end
          n17[("counts.txt")]
          n18["start"]
          subgraph g19["start/work"]
            n20["start/work/exec"]
          end
          n21["tee-2 (tee)"]
          n22[("copy.txt")]
          n23["await"]
          n24{"error records?"}
          subgraph g25["rescue"]
            n26["rescue/map"]
          end
          subgraph g27["part (use)<br/>part.yaml<br/>2 workers"]
            n28["part/lower"]
          end
          n29[("dead.ndjson")]
          n30(["output: lines"])
          n1 --> n2
          n2 --> n3
          n3 -->|"all"| n5
          n3 -->|"all"| n7
          n5 --> n8
          n7 --> n8
          n8 --> n9
          n9 -->|"this.a == #34;x#34;"| n11
          n9 -->|"this.b #62; 1"| n13
          n11 -->|"queue: 5 lines, 1MiB"| n14
          n13 -->|"queue: 5 lines, 1MiB"| n14
          n9 -->|"no match; queue: 5 lines, 1MiB"| n14
          n14 -.->|"copies"| n16
          n16 -.-> n17
          n14 --> n18
          n18 -.->|"begins"| n20
          n18 --> n21
          n21 -.->|"copies"| n22
          n21 --> n23
          n20 -.->|"work"| n23
          n23 --> n24
          n24 --> n26
          n26 --> n28
          n24 -->|"else"| n28
          n28 -.->|"failed items"| n29
          n28 --> n30

        """)
  }

  @Test func `for Graphviz it is a digraph`() throws {
    let text = try graph("dot")
    #expect(
      text.hasPrefix(
        "digraph pipeline {\n  node [shape=box];\n  n1 [label=\"input: csv\", shape=oval];\n"))
    #expect(text.contains("\n  n2 [label=\"a \\\"quoted\\\" <name> \\\\ #1 (grep)\"];\n"))
    #expect(
      text.contains(
        "\n  subgraph cluster_27 {\n    label=\"part (use)\\npart.yaml\\n2 workers\";\n"))
    #expect(text.contains("\n  n9 -> n11 [label=\"this.a == \\\"x\\\"\"];\n"))
    #expect(text.contains("\n  n16 -> n17 [style=dashed];\n"))
    #expect(text.hasSuffix("\n  n28 -> n30;\n}\n"))
    #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
  }

  @Test(.enabled(if: GraphTests.dot != nil, "Graphviz is not there"))
  func `Graphviz can draw it`() throws {
    var command = Command(
      ["-Tsvg"], in: try CommandFolder(), input: .bytes(Array(try graph("dot").utf8)))
    command.program = Self.dot
    let outcome = try command.run()
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.text.contains("<svg"))
  }

  private static let dot = ["/usr/bin/dot", "/usr/local/bin/dot"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test func `a pipeline that is wrong is not drawn`() throws {
    let call = try FrontEndCall(["graph", "p.yaml"], files: ["p.yaml": "stages: [gerp]"])
    #expect(call.status == 2)
    #expect(call.output == "")
    #expect(call.messages.contains("there is no stage 'gerp'"))
  }
}
