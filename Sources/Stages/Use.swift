package import PipelineModel

package enum Use: StageKind {
  package static let manual = StageManual(
    kind: "use", chapter: .concurrency, stageClass: .lineWise,
    summary: "Puts the stages of another pipeline file in its place.",
    description: [
      """
      They work as if they were written here, as a group: without keys that act on an item they are a \
      part of the stream, and with one (fanout, timeout, on_error, …) each item goes through them by \
      itself. What else the file says stays behind: its input and output, timeout and grace, and its \
      tests. Its 'defaults' count for its own stages, and those of this file do not.
      """,
      """
      The stages see the parameters of their own file, with the values that 'params' gives them or \
      their defaults, and no others. A file that they name, for 'lookup' or another 'use', is relative \
      to the file they stand in.
      """,
      """
      Without 'name' the stage is called as the file is: the stage 'tier' of enrich.yaml is called \
      enrich/tier in messages, mocks and counters. A pipeline whose stages would stand in themselves is \
      an error.
      """,
    ],
    fields: [
      Field(
        "pipeline", .pipeline, required: true,
        "The file. A relative path begins in the folder of this file."),
      Field(
        "params", .mapping(of: .template), defaultNote: "the defaults",
        "Values of its parameters: texts, in which {params.NAME} and {env.NAME} are those of this file."
      ),
    ],
    shorthand: "pipeline",
    examples: [
      StageManual.Example(
        stage: "use: { pipeline: ./mark.yaml, params: { with: \"!\" } }", input: "a\n",
        output: "A!\n",
        files: [
          "mark.yaml": """
          params:
            with: { default: "?" }
          stages:
            - upper
            - template: "{}{params.with}"

          """
        ])
    ])

  package static func build(
    _ stage: StageDefinition, _ setting: Setting
  ) throws(Diagnostic) -> Work {
    .group
  }
}
