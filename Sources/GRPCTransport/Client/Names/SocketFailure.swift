import NIOCore
import NIOSSL

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why a connection did not come about or broke, in words an operator can use.
struct SocketFailure: CustomStringConvertible {
  let description: String

  /// Puts what sockets and TLS report into words; what is unknown keeps its own.
  init(_ error: any Error) {
    switch error {
    case let failure as TLSFailure: description = failure.description
    case let failure as ResolutionFailure: description = failure.description
    case let failure as IOError:
      description = Self.words(errno: failure.errnoCode) ?? "\(failure)"
    case ChannelError.connectTimeout(let after):
      description = "no answer within \(after.nanoseconds / 1_000_000) ms"
    case is ChannelError:
      description = "the socket was closed"
    case is SocketAddressError:
      description = "the address is not valid"
    default:
      description = TLSFailure(error, on: .client)?.description ?? "\(error)"
    }
  }

  private static func words(errno code: CInt) -> String? {
    switch code {
    case ECONNREFUSED: "connection refused"
    case ECONNRESET: "connection reset by the server"
    case ECONNABORTED, EPIPE: "the server closed the connection"
    case EHOSTUNREACH: "no route to the host"
    case ENETUNREACH: "no route to the network"
    case ETIMEDOUT: "no answer"
    case ENOENT: "there is no such socket"
    case EACCES, EPERM: "permission denied"
    case EADDRNOTAVAIL: "no local address or port is free"
    case EMFILE, ENFILE: "too many open files"
    default: nil
    }
  }
}
