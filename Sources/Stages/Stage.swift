package import Flow
package import Lines
package import PipelineModel

/// One kind of stage: its manual and how its work is made from checked arguments.
package protocol StageKind: SendableMetatype {
  static var manual: StageManual { get }

  /// Builds the work of one stage as written. Throws what is wrong with the arguments, at their
  /// place; everything that the manual's fields say has been checked before.
  static func build(_ stage: StageDefinition, _ setting: Setting) throws(Diagnostic) -> Work
}

/// What a stage does, in one of the ways the runtime knows.
package enum Work: Sendable {
  /// Computes on batches. Called once for each worker, and again for each retried attempt.
  case transform(@Sendable () -> any Transform)
  /// Waits: an asynchronous function of one item, called by many workers at once.
  case perform(any Performer)
  /// Each item waits for its permit, in order: the runtime keeps the one rate of the stage.
  case pace(ThrottlePlan)
  /// Each item goes on, and a copy of it to a file that the runtime keeps.
  case tee(TeePlan)
  /// All items go through one command, or blocks of them through one each.
  case pipe(PipePlan)
  /// Each item goes on, and through the stages of the `tee` in a stream beside.
  case side(SidePlan)
  /// A group; the runtime runs the stages in it.
  case group
  /// Branches that each item goes through at once.
  case gather(GatherPlan)
  /// Work that is begun on each item while it goes on.
  case start
  /// Collects the results of the work of that name.
  case await(name: String, form: ResultsForm)
  /// Branches of which each item goes through the first whose predicate holds; without one it takes
  /// every item.
  case choose([(@Sendable () -> any Predicate)?])
}

/// What `gather` makes of the results of its branches.
package struct GatherPlan: Sendable {
  /// The fields of the record, one for each branch; nil makes a list.
  package var names: [String]?
  package var form: ResultsForm
}

/// What becomes of a side stream.
package struct SidePlan: Sendable {
  /// The file that its results go to; nil drops them.
  package var to: Template?
  /// Whether what the file holds at the start is kept.
  package var append: Bool
  /// Whether it may fail.
  package var isOptional: Bool
}

/// Where `tee` writes.
package struct TeePlan: Sendable {
  package var path: Template
  /// Whether what the file holds at the start is kept.
  package var append: Bool
  /// How many files may be open at once where the path depends on the item.
  package var maxOpen: Int
}

/// A computation over batches. It knows no queue, task, end of stream or limit.
package protocol Transform {
  /// For those of line-wise stages: whether items can be worked on again after one behind them has
  /// failed, because nothing is remembered of them.
  var isRepeatable: Bool { get }

  /// Whether its results depend on the time of day as well. Then it is told the time before each
  /// `process` and when `wakeUp` has come; no others are.
  var goesByClock: Bool { get }

  /// When `tick` is to be called though no item came, in nanoseconds since 1970; nil if nothing will
  /// be due.
  var wakeUp: Int64? { get }

  /// Tells the time, in nanoseconds since 1970, and gives what is due by then. Called until it is
  /// `.done`. The machine's date may go back; what was given stays given.
  mutating func tick(_ now: Int64, into out: inout BatchBuilder) throws(Failure) -> Progress

  /// Works on the items of `batch` from `cursor` up to `end`, in order, and puts the results into
  /// `out`. It leaves `cursor` behind the last item it has finished.
  ///
  /// - Returns: `.done` when the items are used up; `.full` when `out` asks to be emptied first, and
  ///   then is called again with the same batch and cursor; `.enough` when it wants no more input.
  /// - Throws: the failure of the item at `cursor.item`; what `out` holds of that item stands as its
  ///   results before the failure. The caller moves the cursor on if the failure is absorbed.
  mutating func process(
    _ batch: Batch, _ cursor: inout Cursor, upTo end: Int, into out: inout BatchBuilder
  ) throws(Failure) -> Progress

  /// Gives what is held at the end of the stream, called until it is `.done`. Never called after a
  /// cut or a stop.
  mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress
}

extension Transform {
  package var isRepeatable: Bool { true }
  package var goesByClock: Bool { false }
  package var wakeUp: Int64? { nil }
  package mutating func tick(
    _ now: Int64, into out: inout BatchBuilder
  ) throws(Failure) -> Progress { .done }

  package mutating func finish(into out: inout BatchBuilder) throws(Failure) -> Progress { .done }
}

/// Where in its batch a transform stands.
package struct Cursor: Sendable, Equatable {
  /// The item to work on next.
  package var item: Int
  /// How far into that item a stage that makes many of one has come, in its own measure.
  package var inner = 0

  package init(item: Int = 0) { self.item = item }

  package mutating func advance() {
    item += 1
    inner = 0
  }
}

package enum Progress: Sendable, Equatable { case done, full, enough }

/// An asynchronous function of one item. One value serves all workers at once.
package protocol Performer: Sendable {
  /// Whether an attempt may hold a child process, so that descriptors are counted for it.
  var startsChildren: Bool { get }

  /// Whether an attempt may have a request under way, so that descriptors are counted for it.
  var sendsRequests: Bool { get }

  /// Whether its work has to do with the world outside, as processes and servers are: a test does
  /// not let it without being told to.
  var reachesOut: Bool { get }

  /// Whether each of its results is one JSON value, a record, where it is given as text.
  var givesRecords: Bool { get }

  /// What it would ask the world for with this item: a command's arguments, a request. Empty where
  /// the item itself says all.
  func request(for item: Item) throws(Failure) -> [String]

  /// Checks before the first line is read, that a command exists for instance. The message carries
  /// no place; the caller adds the stage's.
  func prepare(_ launcher: any Launcher) throws(Failure)

  /// The same for so many at once over all runs of the stage, where that matters to it.
  func sized(_ workers: Int) -> any Performer

  /// What it keeps up between items; nil if nothing is.
  var keeper: (any Keeper)? { get }

  /// One attempt at one item. Results go out through `attempt`. Must end soon after
  /// `attempt.cancellation` is cancelled, having ended whatever it started; what it then returns or
  /// throws is not looked at.
  func perform(_ item: Item, _ attempt: any Attempt) async throws(Failure)
}

extension Performer {
  package var startsChildren: Bool { false }
  package var sendsRequests: Bool { false }
  package var reachesOut: Bool { startsChildren || sendsRequests }
  package var givesRecords: Bool { false }
  package func request(for item: Item) throws(Failure) -> [String] { [] }
  package func prepare(_ launcher: any Launcher) throws(Failure) {}
  package func sized(_ workers: Int) -> any Performer { self }
  package var keeper: (any Keeper)? { nil }
}

/// What a stage keeps up between its items, processes for instance: it belongs to the stage as written
/// and is shared by all its runs.
package protocol Keeper: Sendable {
  /// The most child processes it has at once.
  var mostChildren: Int { get }

  /// Asks all of it to end, without waiting; nothing new is begun. `hard` may follow another reason.
  func stop(_ reason: CancelReason)

  /// The stage has nothing more for it: lets all of it end by itself, unless it was stopped, and waits
  /// for that. Throws what the ending says about the work.
  func finish() async throws(Failure)
}

/// What the runtime lends to one attempt at one item.
package protocol Attempt: Sendable {
  var cancellation: Cancellation { get }
  var clock: any TimerClock { get }
  var launcher: any Launcher { get }
  var client: any HTTPClient { get }
  /// The path of the stage, for messages of children.
  var stage: String { get }
  /// Which attempt at the item it is, from 1.
  var number: Int { get }
  /// The place of the item among all that the stage was given, from 0; inside an item's own run of a
  /// group always from 0 again.
  var ordinal: Int { get }

  /// Puts results behind those given so far. Suspends while there is no room for them, with all
  /// limits standing still. False once nobody wants results: the work should end then.
  func emit(_ results: Batch) async -> Bool

  /// Tells that the work goes on, for the limit `idle`.
  func progress()

  /// Whether there is such a limit, so that it is worth while to tell of progress within one answer.
  var countsSilence: Bool { get }

  /// Forwards a line that a child wrote to its stderr, marked with stage and input line. Does not
  /// wait.
  func forward(errorLine: [UInt8])

  /// All limits of the attempt stand still from now on, while it waits for what is not its work; or go
  /// on. Calls are paired.
  func standStill(_ stands: Bool)

  /// Waits on the injected clock; returns early, with false, when cancelled.
  func sleep(for duration: Duration) async -> Bool
}

/// Starts child processes and answers for their end.
package protocol Launcher: Sendable {
  /// What tasks that deal with children had best run on; nil: where they are.
  var executor: (any TaskExecutor)? { get }

  /// Finds the executable as execvp would. Throws `.spawn` if there is none that could be run.
  func locate(_ command: String, directory: String?, path: String?) throws(Failure) -> String

  /// Starts a child in a session of its own. Throws `.spawn` when this command can not be started
  /// and `.stage` when no command can be (no descriptors, no processes). One that is sent nothing
  /// more may be returned only when it has printed or closed something, or has ended.
  func start(_ command: ChildCommand, cancellation: Cancellation) async throws(Failure) -> any Child
}

extension Launcher {
  package var executor: (any TaskExecutor)? { nil }
}

/// A command ready to run.
package struct ChildCommand: Sendable {
  /// What `locate` found.
  package var executable: String
  /// All arguments as bytes, the command's own name first; NUL within one is refused by `start`.
  package var arguments: [[UInt8]]
  /// The whole environment, `NAME=VALUE`; nil is streamline's own.
  package var environment: [[UInt8]]?
  package var directory: String?
  /// What the child reads; nil gives it /dev/null.
  package var input: [UInt8]?
  /// Its stdin stays open behind `input`, for `Child.send`.
  package var keepsInput = false
  /// Its stdin and stdout may hold 1 MiB each, where the system allows it, and not what it gives.
  package var widensPipes = false
  /// Called for each line of stderr, in order, without its newline; a very long line comes in parts.
  package var onErrorLine: @Sendable ([UInt8]) -> Void
  /// Between TERM and KILL when the child is ended.
  package var grace: Duration

  package init(
    executable: String, arguments: [[UInt8]], environment: [[UInt8]]? = nil,
    directory: String? = nil, input: [UInt8]? = nil, grace: Duration,
    onErrorLine: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.input = input
    self.grace = grace
    self.onErrorLine = onErrorLine
  }
}

/// One child process with everything of its session. When its cancellation is cancelled the session
/// gets TERM, after the grace period KILL (at once for `.hard`), and `next` returns the exit.
package protocol Child: Sendable {
  /// The next block of stdout, at most 64 KiB, or the exit: the process has ended, what was in its
  /// pipe has been read, and nothing of its session is left. The pipe is read only while a call is
  /// waiting, so that a slow reader holds the child back.
  func next() async -> ChildEvent

  /// Puts bytes into its stdin behind those sent before. Does not wait: what its pipe does not take
  /// now is written as it reads. Only with `keepsInput`; nothing happens once that is closed.
  func send(_ bytes: [UInt8])

  /// Suspends until its pipe has taken all that was sent. False once the child reads no more, or has
  /// ended. One caller at a time.
  func drained() async -> Bool

  /// Its stdin ends behind what was sent.
  func endInput()

  /// What it has written until now is still told, and nothing that it writes from now on: its stdout
  /// is closed.
  func closeOutput()

  /// It has not ended, and there is nothing to be told of it now.
  var isQuiet: Bool { get }
}

package enum ChildEvent: Sendable {
  /// Empty, once, when the child has closed its stdout before it ended.
  case output([UInt8])
  case exited(ChildExit)
}

package struct ChildExit: Sendable, Equatable {
  /// Exit status, or nil if a signal ended it.
  package var status: Int32?
  package var signal: Int32?
  /// The last 4 KiB of stderr.
  package var errorTail: [UInt8]
  /// Set if the process could not be ended even by KILL.
  package var unkillable: Int32?
  /// How many bytes of what it was sent nobody has read.
  package var unreadInput: Int

  package init(
    status: Int32?, signal: Int32?, errorTail: [UInt8] = [], unkillable: Int32? = nil,
    unreadInput: Int = 0
  ) {
    self.status = status
    self.signal = signal
    self.errorTail = errorTail
    self.unkillable = unkillable
    self.unreadInput = unreadInput
  }
}

/// What a stage may know when it is built: the values given from outside.
package struct Setting: Sendable {
  /// Checked parameter values, as text.
  package var parameters: [String: String]
  package var secrets: Set<String>
  /// Values that are secret in other files of the same run, whatever parameters have them.
  package var foreignSecrets: Set<String> = []
  package var environment: [String: String]
  /// The delimiter of output lines, which results are built with.
  package var delimiter: UInt8
  package var maxLine: Int
  package var seed: UInt64
  package var grace: Duration
  /// Parameters that have no value yet, as in a check: theirs is made up.
  package var madeUpParameters: Set<String> = []
  /// What the parameters are declared as.
  package var parameterKinds: [String: Parameter.Kind] = [:]
  /// Set where items can be asked for the file they came from.
  package var inputFiles: InputFiles?

  package init(
    parameters: [String: String] = [:], secrets: Set<String> = [],
    environment: [String: String] = [:], delimiter: UInt8 = 0x0A,
    maxLine: Int = Framing.defaultMaxLine, seed: UInt64 = 0, grace: Duration = .seconds(2)
  ) {
    self.parameters = parameters
    self.secrets = secrets
    self.environment = environment
    self.delimiter = delimiter
    self.maxLine = maxLine
    self.seed = seed
    self.grace = grace
  }
}
