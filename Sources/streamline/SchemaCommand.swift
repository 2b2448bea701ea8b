import ArgumentParser

/// `streamline schema`
struct SchemaCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of the pipeline file, for editors.",
    discussion: """
      With 'streamline schema > pipeline.schema.json' and, as the first line of a pipeline,

        # yaml-language-server: $schema=pipeline.schema.json

      an editor completes keys, shows what they do and marks mistakes.
      """)

  func execute() throws -> Int32 {
    StandardOutput.write(PipelineSchema(PipelineFile.catalogue).text)
  }
}
