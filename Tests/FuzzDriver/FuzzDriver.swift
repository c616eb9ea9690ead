import FuzzTargets
import Glibc

/// libFuzzer's loop: calls `body` with one input after the other, never returns normally.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Runs one target under libFuzzer: `FAREBOX_FUZZ_TARGET=name fuzz-driver [libFuzzer's options]`.
/// Built and started by tools/fuzz only.
@main
struct FuzzDriver {
  /// The target that the environment names; ends the program with the list of names otherwise.
  private static let target: FuzzTarget = {
    let name = getenv("FAREBOX_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      print(FuzzTarget.allCases.map(\.rawValue).joined(separator: "\n"))
      exit(2)
    }
    return target
  }()

  static func main() {
    _ = target
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      runFuzzer(&count, &arguments) { start, count in
        do {
          try FuzzDriver.target.run(UnsafeRawBufferPointer(start: start, count: count))
        } catch {
          fatalError("broken: \(error)")
        }
        return 0
      })
  }
}
