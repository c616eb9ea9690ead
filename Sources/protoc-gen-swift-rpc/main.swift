// The protoc plugin: a CodeGeneratorRequest on standard input, a CodeGeneratorResponse on standard
// output. What is wrong with the user's input travels in the response; only a broken pipe or a
// request that cannot be read ends with a failure of the process, as protoc expects.

import ContractGen

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads standard input to its end.
func readInput() -> [UInt8]? {
  var input: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(STDIN_FILENO, &chunk, chunk.count)
    if count == 0 { return input }
    if count < 0 {
      if errno == EINTR { continue }
      return nil
    }
    input += chunk[..<count]
  }
}

/// Writes everything to a file descriptor.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      return false
    }
    rest = rest.dropFirst(count)
  }
  return true
}

func fail(_ reason: String) -> Never {
  _ = writeAll(Array("protoc-gen-swift-rpc: \(reason)\n".utf8), to: STDERR_FILENO)
  exit(1)
}

// protoc passes no arguments, so any argument comes from a person.
if CommandLine.argc > 1 {
  let usage = """
    protoc-gen-swift-rpc is run by protoc:

      protoc --plugin=protoc-gen-swift-rpc=<path> --swift-rpc_out=<folder> \\
        --swift-rpc_opt=Visibility=public,FileNaming=PathToUnderscores -I <root> <file.proto> ...

    Options (Key=Value, separated by commas):
      Visibility=internal|package|public      access level of what is generated
      FileNaming=FullPath|PathToUnderscores|DropPath
      Server=true|false                       service protocols
      Client=true|false                       client stubs
      Messages=true|false                     messages and enums
      ReflectionData=true|false               embedded file descriptors
      ExtraModuleImports=<module>             modules with imported messages; may be repeated
      InsideRuntime=true|false                for code inside the Protobuf module itself

    """
  _ = writeAll(Array(usage.utf8), to: STDOUT_FILENO)
  let wantsHelp = ["-h", "--help"].contains(CommandLine.arguments[1])
  exit(wantsHelp ? 0 : 2)
}
guard let input = readInput() else { fail("standard input cannot be read") }
do throws(GenerationError) {
  let output = try CodeGenerator.respond(to: input)
  guard writeAll(output, to: STDOUT_FILENO) else { fail("standard output cannot be written") }
} catch {
  fail(error.description)
}
