import PipelineModel
import Testing
import YAMLTree

struct RenderingTests {
  private func rendered(_ text: String, line: Int, column: Int) -> String {
    let source = Source(file: "p.yaml", text: text)
    return Diagnostic(
      "this is wrong", at: Place(source: source, line: line, column: column), remedy: "do that"
    ).rendered
  }

  @Test func `a message shows the line, a caret below the place, and what to do`() {
    #expect(
      rendered("a: 1\nbc: 2\n", line: 2, column: 5) == """
        p.yaml:2:5: error: this is wrong
         2 | bc: 2
           |     ^
           = do that
        """)
  }

  @Test func `the caret stands below tabs and wide characters`() {
    let tabs = rendered("a:\tb", line: 1, column: 4).split(separator: "\n")
    #expect(tabs[1] == " 1 | a:\tb")
    #expect(tabs[2] == "   |   \t^")
    let wide = rendered("日本 x", line: 1, column: 4).split(separator: "\n")
    #expect(wide[2] == "   |      ^")
  }

  @Test func `a long line is cut around the place`() {
    let line = String(repeating: "x", count: 500) + "!" + String(repeating: "y", count: 500)
    let lines = rendered(line, line: 1, column: 501).split(separator: "\n")
    #expect(lines[1].count < 140)
    let caret = lines[2].distance(
      from: lines[2].startIndex, to: lines[2].firstIndex(of: "^") ?? lines[2].endIndex)
    #expect(Array(lines[1])[caret] == "!")
  }

  @Test func `no control character reaches the terminal`() {
    let message = rendered("a: \u{1B}[31m\u{7}", line: 1, column: 1)
    #expect(!message.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 })
  }

  @Test func `a place without a line shows no line`() {
    #expect(
      Diagnostic("this is wrong", at: Place(file: "p", line: 3, column: 1)).rendered
        == "p:3:1: error: this is wrong")
    #expect(rendered("a", line: 7, column: 1).split(separator: "\n").count == 2)
  }
}
