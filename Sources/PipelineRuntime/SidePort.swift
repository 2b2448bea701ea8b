import Stages
import Synchronization

/// The side file or files of one stage as written: opened once, before the first line is read where
/// the path is known then.
final class SidePort: Sendable {
  private struct State {
    var fixed: (any SideFile)?
    /// Files whose paths items made, least recently used first.
    var open: [(path: String, file: any SideFile)] = []
    /// Paths that have been opened before: they are appended to when they are opened again.
    var seen: Set<String> = []
  }
  private let opener: any SideFileOpener
  let path: String?
  private let append: Bool
  private let maxOpen: Int
  private let state = Mutex(State())

  init(_ opener: any SideFileOpener, path: String?, append: Bool, maxOpen: Int = 64) {
    self.opener = opener
    self.path = path
    self.append = append
    self.maxOpen = maxOpen
  }

  /// How many files it may have open at once.
  var mostOpen: Int { path == nil ? maxOpen : 1 }

  /// Opens a file whose path is known before the first line, once: stages that put failures aside may
  /// share one.
  func prepare() throws(Failure) {
    guard let path, state.withLock({ $0.fixed == nil }) else { return }
    let file = try opener.open(path, append: append)
    state.withLock { $0.fixed = file }
  }

  /// Writes whole lines; calls never overlap, since they are made as items leave.
  func write(
    _ bytes: [UInt8], to path: String?, delimiter: UInt8
  ) async throws(SideFileFailure) {
    let file: (any SideFile)?
    do throws(Failure) {
      if let path {
        file = try await self.file(at: path)
      } else {
        file = state.withLock { $0.fixed }
      }
    } catch {
      throw SideFileFailure(error)
    }
    try await file?.write(bytes, delimiter: delimiter)
  }

  func close() async throws(Failure) {
    let files = state.withLock { state in
      let files = [state.fixed].compactMap { $0 } + state.open.map(\.file)
      state.fixed = nil
      state.open = []
      return files
    }
    var first: Failure?
    for file in files {
      do { try await file.close() } catch { first = first ?? error }
    }
    if let first { throw first }
  }

  private func file(at path: String) async throws(Failure) -> any SideFile {
    if let known = state.withLock({ touch(path, &$0) }) { return known }
    let evicted = state.withLock { $0.open.count >= maxOpen ? $0.open.removeFirst().file : nil }
    if let evicted { try await evicted.close() }
    let isKnown = state.withLock { !$0.seen.insert(path).inserted }
    let file = try opener.open(path, append: append || isKnown)
    state.withLock { $0.open.append((path, file)) }
    return file
  }

  private func touch(_ path: String, _ state: inout State) -> (any SideFile)? {
    guard let index = state.open.firstIndex(where: { $0.path == path }) else { return nil }
    let entry = state.open.remove(at: index)
    state.open.append(entry)
    return entry.file
  }
}
