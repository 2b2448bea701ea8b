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

  /// How many child processes can be alive at once by `available`, beside `others` descriptors that
  /// the run opens itself. 0: not even one.
  package static func children(beside others: Int) -> Int {
    let left =
      available - others - Children.fixedDescriptors - Children.descriptorsWhileStarting
    return max(0, left / Children.descriptorsPerChild)
  }
}
