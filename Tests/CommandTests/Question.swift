import Testing

/// What somebody might ask of a file, as a pipeline and as what a shell has for it.
struct Question: CustomTestStringConvertible {
  var sentence: String
  /// The file in the folder of the corpora, which is the input of both.
  var file: String
  var pipeline: String
  /// Run by sh, with the folder of the corpora in CORPORA.
  var command: String

  init(_ sentence: String, _ file: String, pipeline: String, command: String) {
    self.sentence = sentence
    self.file = file
    self.pipeline = pipeline
    self.command = command
  }

  var testDescription: String { sentence }
}
