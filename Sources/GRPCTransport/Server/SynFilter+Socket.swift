import NIOCore

extension SynFilter {
  /// Lets a listener's socket drop what the filter drops now. On the listener's loop.
  ///
  /// Where there is no such filter, or the kernel refuses it, the listener goes on accepting, and
  /// closes what it accepts.
  func apply(to listener: any Channel) {
    #if os(Linux)
      guard let socket = listener as? any SocketOptionProvider else { return }
      let program = program
      guard !program.isEmpty else {
        _ = socket.unsafeSetSocketOption(level: .socket, name: Self.detach, value: CInt(0))
        return
      }
      program.withUnsafeBufferPointer { program in
        // On the loop this is done when it returns, so the kernel has read the instructions.
        _ = socket.unsafeSetSocketOption(
          level: .socket, name: Self.attach,
          value: KernelProgram(
            count: UInt16(clamping: program.count), address: UInt(bitPattern: program.baseAddress)))
      }
    #endif
  }

  #if os(Linux)
    /// What `SO_ATTACH_FILTER` takes: struct sock_fprog of linux/filter.h.
    private struct KernelProgram {
      let count: UInt16
      let address: UInt
    }

    // asm-generic/socket.h; the modules of the C library do not have them all.
    private static let attach = NIOBSDSocket.Option(rawValue: 26)
    private static let detach = NIOBSDSocket.Option(rawValue: 27)
  #endif
}
