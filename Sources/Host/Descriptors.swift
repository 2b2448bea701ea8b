import CLinux
import Glibc

/// What streamline does with its descriptors and signals before anything else.
package enum Descriptors {
  /// Makes 0 to 2 open, ignores SIGPIPE, and raises the soft limit on descriptors
  /// to the hard one, or to 65,536 if that is higher.
  ///
  /// One of 0 to 2 that is closed is opened the wrong way round on /dev/null, so that using it fails
  /// as a closed one would, and the number is given to nothing else.
  package static func prepare() {
    for (number, mode) in [(Int32(0), O_WRONLY), (1, O_RDONLY), (2, O_RDWR)]
    where fcntl(number, F_GETFD) < 0 {
      // The lowest free number is this one, since those below it are open.
      _ = unsafe open("/dev/null", mode)
    }
    _ = signal(SIGPIPE, SIG_IGN)
    linux_raise_descriptor_limit()
    _ = FileDescriptor.nothing
  }

  /// How many more descriptors this process may open now.
  package static var available: Int {
    let limit = linux_descriptor_limit()
    guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
    defer { unsafe closedir(folder) }
    var open = 0
    while let entry = unsafe readdir(folder) {
      if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { open += 1 }
    }
    // The folder itself was one of them.
    return max(0, Int(limit) - open + 1)
  }

  /// What the run has open besides its files and its children: /dev/null, the source's waker or a
  /// copy of stdin, stdout opened again, the sink's waker, and three that the pool of tasks opens.
  package static let ofTheEnds = 7
  /// Of these the pool's, which it opens only later, and without which it ends the program.
  private static let ofThePool = 3

  /// How many child processes can be alive at once by `available`, beside `others` descriptors that
  /// the run will open itself. 0: not even one.
  package static func children(beside others: Int, of available: Int = available) -> Int {
    Children.most(withDescriptors: available - others - ofThePool)
  }
}

extension FileDescriptor {
  /// /dev/null, open as long as the program: where it takes the place of another one, no descriptor
  /// is needed that may not be there.
  static let nothing = FileDescriptor(number: unsafe open("/dev/null", O_RDWR | O_CLOEXEC))
}
