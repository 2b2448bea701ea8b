import PipelineModel
import Stages
import Testing
import YAMLTree

/// What YAML makes of expressions that are not quoted, and what is said then.
struct TrapTests {
  /// All that is said of a pipeline of one stage, as `line:column: message = remedy`.
  private func messages(_ stage: String) -> [String] {
    let text = "stages:\n  - \(stage)\n"
    let result = PipelineReader.read(text: text, file: "p.yaml", catalogue: Catalogue.manuals)
    var said = result.diagnostics
    for stage in result.definition?.stages ?? [] {
      do throws(Diagnostic) {
        _ = try Catalogue.build(stage, Setting())
      } catch {
        said.append(error)
      }
    }
    return said.map { diagnostic in
      let place = diagnostic.place.map { "\($0.line):\($0.column): " } ?? ""
      return place + diagnostic.message + (diagnostic.remedy.map { " = \($0)" } ?? "")
    }
  }

  @Test(arguments: [
    // A tag.
    (
      #"filter: !has(this.x)"#,
      #"2:13: '!has(this.x)' is a tag to YAML, and no tag means anything here"#
        + #" = quote it: '!has(this.x)'"#
    ),
    (
      #"filter: !has(this.x) && this.y"#,
      #"2:27: this is no YAML: while scanning an anchor (line 2), did not find expected"#
        + #" alphabetic or numeric character"#
        + #" = a value that begins with '!' means something to YAML: quote the whole value:"#
        + #" '!has(this.x) && this.y'"#
    ),
    (
      #"filter: !this.ok"#,
      #"2:13: '!this.ok' is a tag to YAML, and no tag means anything here"#
        + #" = quote it: '!this.ok'"#
    ),
    (
      #"filter: !this.name.startsWith("a")"#,
      #"2:35: this is no YAML: while scanning a tag (line 2), did not find expected"#
        + #" whitespace or line break"#
        + #" = a value that begins with '!' means something to YAML: quote the whole value:"#
        + #" '!this.name.startsWith("a")'"#
    ),
    // A mapping.
    (
      #"map: this.a ? 1 : 2"#,
      #"2:21: this is no YAML: mapping values are not allowed in this context"#
        + #" = quote the whole value: 'this.a ? 1 : 2'"#
    ),
    (
      #"filter: this.a == "x: y""#,
      #"2:25: this is no YAML: mapping values are not allowed in this context"#
        + #" = quote the whole value: 'this.a == "x: y"'"#
    ),
    (
      #"set: {a: this.x ? 1 : 2}"#,
      #"2:25: this is no YAML: while parsing a flow mapping (line 2), did not find expected"#
        + #" ',' or '}'"#
        + #" = within {…} quote each value that has a '?', a comma, a bracket or ': ' in it"#
    ),
    (
      #"map: {"a": this.x}.a"#,
      #"2:23: this is no YAML: while parsing a block mapping (line 2), did not find"#
        + #" expected key"#
        + #" = quote the whole value: '{"a": this.x}.a'"#
    ),
    (
      #"filter: {a: 1}"#,
      #"2:13: 'filter' takes an expression, and YAML made a mapping of it"#
        + #" = quote it: '{a: 1}'"#
    ),
    // A comment.
    (
      #"filter: this.a == "x #y""#,
      #"2:23: the text that begins here has no closing ""#
        + #" = what follows ' #' is a comment to YAML: quote the whole expression"#
    ),
    (
      #"set: {a: this.x + " #1"}"#,
      #"3:1: this is no YAML: while parsing a flow mapping (line 2), did not find expected"#
        + #" ',' or '}'"#
        + #" = what follows ' #' is a comment to YAML: quote the whole value"#
    ),
    // A list, or the end of a value.
    (
      #"map: [this.a]"#,
      #"2:10: 'map' takes an expression, and YAML made a list of it"#
        + #" = quote it: '[this.a]'"#
    ),
    (
      #"flat_map: [this.a, 2]"#,
      #"2:15: 'flat_map' takes an expression, and YAML made a list of it"#
        + #" = quote it: '[this.a, 2]'"#
    ),
    (
      #"set: {a: [this.a]}"#,
      #"2:14: 'a' takes an expression, and YAML made a list of it"#
        + #" = quote it: '[this.a]'"#
    ),
    (
      #"set: {a: this.b[0]}"#,
      #"2:20: this is no YAML: while parsing a flow mapping (line 2), did not find expected"#
        + #" ',' or '}'"#
        + #" = within {…} quote each value that has a '?', a comma, a bracket or ': ' in it"#
    ),
    (
      #"set: {a: max(this.b, 1)}"#,
      #"2:28: '1)' has no value; it takes an expression"#
        + #" = within {…} a comma ends the value before it: quote that value"#
    ),
    (
      #"count: {by: default(this, 0), top: 3}"#,
      #"2:31: 'count' has no key '0)'"#
        + #" = within {…} a comma ends the value before it: quote that value"#
    ),
    // Text behind a string.
    (
      #"filter: "error" in this.tags"#,
      #"2:21: this is no YAML: while parsing a block mapping (line 2), did not find"#
        + #" expected key"#
        + #" = a value that begins with a quote ends with it: quote the whole value: '"error""#
        + #" in this.tags'"#
    ),
    (
      #"filter: 'a' == this.b"#,
      #"2:17: this is no YAML: while parsing a block mapping (line 2), did not find"#
        + #" expected key"#
        + #" = a value that begins with a quote ends with it: quote the whole value: "'a' =="#
        + #" this.b""#
    ),
    // A word.
    (
      #"set: {source: nginx}"#,
      #"2:19: there is nothing called 'nginx'"#
        + #" = As text it is '"nginx"'; as a field of the item it is this.nginx."#
    ),
    (
      #"set: {source: 'nginx'}"#,
      #"2:20: there is nothing called 'nginx'"#
        + #" = As text it is '"nginx"'; as a field of the item it is this.nginx."#
    ),
    (
      #"set: {source: }"#,
      #"2:19: 'source' has no value; it takes an expression"#
    ),
    // Others.
    (
      #"filter: *this"#,
      #"2:13: the alias '*this' has no anchor '&this' before it"#
        + #" = a value that begins with '*' means something to YAML: quote the whole value:"#
        + #" '*this'"#
    ),
    (
      #"filter: this.a = 1"#,
      #"2:20: '=' means nothing here = Two values are compared with '=='."#
    ),
  ])
  func `each trap of YAML has one message that says what to write`(
    stage: String, expected: String
  ) {
    #expect(messages(stage) == [expected])
  }

  /// What people write who have not seen the manual, and what would have been right.
  @Test(arguments: [
    (
      "grep foo", "2:5: there is no stage 'grep foo'",
      "behind the kind come a colon and a space: grep: foo"
    ),
    (
      "grep:foo", "2:5: there is no stage 'grep:foo'",
      "behind the kind come a colon and a space: grep: foo"
    ),
    ("exec: [echo, {}]", "2:18: each value of 'exec' takes text, not a mapping", "quote it: '{}'"),
    (
      "exec: [echo, {this.user}]", "2:18: each value of 'exec' takes text, not a mapping",
      "quote it: '{this.user}'"
    ),
    ("template: {}", "2:15: 'template' takes text, not a mapping", "quote it: '{}'"),
    (
      "template: {this.user}", "2:15: 'template' takes text, not a mapping",
      "quote it: '{this.user}'"
    ),
    ("template: {txt: x}", "2:16: 'template' has no key 'txt'", "did you mean 'text'?"),
    ("http: {this.url}", "2:11: 'http' takes text, not a mapping", "quote it: '{this.url}'"),
    (
      "switch: {when: 'true', stages: [trim]}",
      "2:13: 'switch' takes a list of mappings, not a mapping", "begin each entry with '- '"
    ),
    (
      "switch: [{whn: 'true', stages: [trim]}]", "2:15: an entry of 'switch' has no key 'whn'",
      "did you mean 'when'?"
    ),
    ("{grep: a, timeout: 5 seconds}", "2:24: 'timeout' takes a duration", "write 5s"),
    ("delay: 1 min 30 s", "2:12: 'delay' takes a duration", "write 1m30s"),
    (
      "throttle: 10", "2:15: 'throttle' takes a rate such as 10/s or 600/m, not '10'",
      "a rate says in how long: 10/s"
    ),
    ("throttle: 10 per second", "2:15: 'throttle' takes a rate", "write 10/s"),
    ("throttle: 600/min", "2:15: 'throttle' takes a rate", "write 600/m"),
    (
      "aggregate: {fields: {n: count()}, window: 10s}", "2:47: 'window' takes {",
      "write {every: 10s}"
    ),
    (
      "start: [trim]", "2:12: 'start' takes a mapping, not a list",
      "'streamline stages start' shows an example"
    ),
    ("grep: \"a", "3:1", "the quote that begins there is never closed"),
  ])
  func `what is meant is offered`(stage: String, said: String, remedy: String) {
    let messages = messages(stage)
    #expect(
      messages.count == 1 && messages[0].hasPrefix(said) && messages[0].hasSuffix(" = " + remedy),
      "\(messages)")
  }

  @Test func `a parameter that is only a type is offered as one`() {
    let text = "params: {n: int}\nstages: [trim]\n"
    let result = PipelineReader.read(text: text, file: "p.yaml", catalogue: Catalogue.manuals)
    #expect(result.diagnostics.map(\.remedy) == ["write {type: int}"])
  }
}
