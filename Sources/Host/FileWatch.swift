import CLinux
import Glibc

/// Waits for changes of files: the kernel tells (inotify(7)), nothing looks again and again.
package struct FileWatch: ~Copyable {
  private let descriptor: FileDescriptor

  /// Watches folders, and files by themselves. What is not there is left out.
  /// - Returns: nil if the kernel has no more watches to give.
  package init?(_ paths: [String]) {
    let number = linux_watch_create()
    guard number >= 0 else { return nil }
    descriptor = FileDescriptor(number: number)
    for path in paths { _ = unsafe linux_watch_add(number, path) }
  }

  deinit { descriptor.close() }

  /// Returns when something has changed and then nothing more for a tenth of a second: an editor
  /// writes in several steps.
  package func wait() {
    var timeout: Int32 = -1
    while true {
      let ready = linux_wait(descriptor.number, 0, -1, timeout)
      if ready == 0 { return }
      var block = [UInt8](repeating: 0, count: 65_536)
      _ = unsafe block.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor.number, $0.baseAddress, $0.count)
      }
      timeout = 100
    }
  }
}
