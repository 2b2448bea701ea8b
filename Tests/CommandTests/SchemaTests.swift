import Foundation
import PipelineModel
import Stages
import TestSupport
import Testing

/// `streamline schema`, held against a validator where there is one.
struct SchemaTests {
  private func schema() throws -> [String: Any] {
    let call = try FrontEndCall(["schema"])
    #expect(call.status == 0)
    let json = try JSONSerialization.jsonObject(with: Data(call.output.utf8))
    return try #require(json as? [String: Any])
  }

  @Test func `it has every kind of the catalogue, with what its keys do`() throws {
    let schema = try schema()
    let definitions = try #require(schema["$defs"] as? [String: Any])
    for manual in Catalogue.manuals {
      let kind = try #require(definitions["stage-\(manual.kind)"] as? [String: Any])
      #expect(kind["description"] as? String == manual.summary)
      let forms = try #require(kind["anyOf"] as? [[String: Any]])
      let fields = forms.compactMap { $0["properties"] as? [String: Any] }.first ?? [:]
      #expect(Set(fields.keys).isSuperset(of: manual.fields.map(\.name)))
      for field in manual.fields {
        let one = fields[field.name] as? [String: Any]
        #expect((one?["description"] as? String)?.hasPrefix(field.summary) == true)
      }
    }
  }

  @Test(.enabled(if: Validator.isThere, "python3 has no jsonschema and yaml"))
  func `it takes every pipeline of the project and the examples of all manuals`() throws {
    var good: [String: String] = [:]
    let folder = FrontEndCall.root.appending(path: "pipelines")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".yaml") && !name.hasSuffix(".test.yaml") {
      good[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    #expect(good.count > 8)
    for manual in Catalogue.manuals {
      for (number, example) in manual.examples.enumerated() {
        good["\(manual.kind)-\(number).yaml"] =
          "stages:\n  - " + example.stage.replacing("\n", with: "\n    ") + "\n"
      }
    }
    let refused = try Validator.refused(good)
    #expect(refused == [])
  }

  @Test(.enabled(if: Validator.isThere, "python3 has no jsonschema and yaml"))
  func `it refuses what the reader refuses`() throws {
    let wrong = [
      "{}", "stages: []", "stages: trim", "stages: [{}]", "stages: [gerp]", "stages: [grep]",
      "stages: [{grep: x, trim: }]", "stages: [{grep: x, fanuot: 2}]",
      "stages: [{grep: {patern: x}}]", "stages: [{grep: {}}]", "stages: [{head: many}]",
      "stages: [{head: 1, fanout: 2}]", "stages: [{sort: , retry: 2}]", "stages: [{fanout: 2}]",
      "stages: [{delay: 5 s}]", "stages: [{trim: , queue: {lines: 0}}]",
      "stages: [{trim: , on_error: explode}]", "stages: [{throttle: fast}]",
      "stages: [{stages: []}]", "stages: [{stages: [gerp]}]", "stages: [{use: {params: {}}}]",
      "stages: [{gather: {a: [gerp]}}]", "{stages: [trim], outptu: csv}",
      "{stages: [trim], output: xml}", "{stages: [trim], params: {a: 5}}",
      "{stages: [trim], defaults: {name: x}}", "{stages: [trim], grace: soon}",
    ]
    let files = Dictionary(uniqueKeysWithValues: wrong.enumerated().map { ("\($0).yaml", $1) })
    let refused = Set(try Validator.refused(files))
    for (number, text) in wrong.enumerated() {
      #expect(refused.contains("\(number).yaml"), "\(text)")
      let call = try FrontEndCall(["check", "p.yaml"], files: ["p.yaml": text])
      #expect(call.status == 2, "\(text)")
    }
  }
}

/// A validator of JSON Schema that is no part of this project.
private enum Validator {
  private static let script = """
    import json, sys, yaml, jsonschema
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name in sorted(sys.argv[2:]):
        if not validator.is_valid(yaml.safe_load(open(name))):
            print(name)
    """

  static let isThere = (try? python(["-c", "import yaml, jsonschema"]).status) == 0

  /// The names of those files that the schema does not take.
  static func refused(_ files: [String: String]) throws -> [String] {
    var all = files
    all["schema.json"] = try FrontEndCall(["schema"]).output
    all["validate.py"] = script
    let outcome = try python(
      ["validate.py", "schema.json"] + files.keys.sorted(), CommandFolder(all))
    #expect(outcome.status == 0, "\(outcome.messages)")
    return outcome.lines.filter { !$0.isEmpty }.map(String.init)
  }

  private static func python(
    _ arguments: [String], _ folder: CommandFolder? = nil
  ) throws -> CommandOutcome {
    var command = Command(["python3"] + arguments, in: try folder ?? CommandFolder())
    command.program = "/usr/bin/env"
    return try command.run()
  }
}
