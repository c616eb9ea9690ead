import Foundation
import GRPC
import GRPCTransport
import Logging
import Protobuf
import RPCInspect

/// One run of the program: a connection, a catalog of contracts, and what was asked for.
struct Session {
  private let command: RPCurl
  private let console: Console
  private let catalog: Catalog
  private let transport: HTTP2ClientTransport?
  private let client: GRPCClient?
  private let callMetadata: Metadata
  private let deadline: Deadline?

  /// Prepares the connection; nothing is sent yet.
  ///
  /// - Throws: ``UsageError``, or what is wrong with a descriptor set.
  init(command: RPCurl, instruction: Instruction, console: Console) throws {
    self.command = command
    self.console = console
    deadline = command.connection.maxTime.map { Deadline(after: .seconds($0)) }
    let request = command.request
    callMetadata = try Self.metadata(request.headers + request.callHeaders)
    let reflectionMetadata = try Self.metadata(request.headers + request.reflectionHeaders)
    transport = try instruction.address.map { try Self.transport($0, command.connection) }
    client = transport.map { GRPCClient(transport: $0) }
    if command.connection.protosets.isEmpty, let client {
      catalog = Catalog(
        source: ReflectionSource(
          client: client, metadata: reflectionMetadata,
          options: Self.options(command.connection, deadline)))
    } else {
      catalog = Catalog(source: try Self.protosets(command.connection.protosets))
    }
  }

  /// Carries the instruction out and returns the exit status.
  func run(_ instruction: Instruction) async throws -> Int32 {
    switch instruction {
    case .list(_, nil):
      for name in try await catalog.serviceNames() { console.print(name) }
    case .list(_, let service?):
      for method in try await catalog.methods(ofService: service) {
        let name = method.descriptor
        console.print("\(name.service.fullyQualifiedService).\(name.method)")
      }
    case .describe(_, nil):
      for name in try await catalog.serviceNames() { try await describe(name) }
    case .describe(_, let symbol?):
      try await describe(symbol)
    case .call(_, let method):
      return try await call(method)
    }
    return ExitStatus.success
  }

  /// Says goodbye to the server.
  func close() async { await transport?.shutdown() }

  private func describe(_ symbol: String) async throws {
    let declaration = try await catalog.declaration(of: symbol)
    let file = await catalog.file(of: declaration)
    console.print("\(declaration.name) is \(declaration.kindName):")
    console.print(ProtoText.text(of: declaration, in: file))
    if command.output.msgTemplate, case .message = declaration.kind {
      let schema = try await catalog.schema(ofMessage: declaration.name)
      console.print("\nMessage template:\n\(MessageTemplate.json(for: schema).text(.indented))")
    }
  }

  private func call(_ name: String) async throws -> Int32 {
    guard let client else { throw UsageError("calling a method needs an address") }
    let method = try await catalog.method(name)
    let input = try await catalog.schema(ofMessage: method.inputType)
    let output = try await catalog.schema(ofMessage: method.outputType)
    let declaration = try await catalog.declaration(of: name)
    let printer = CallPrinter(
      console: console, catalog: catalog, isVerbose: command.output.verbose,
      emitDefaults: command.output.emitDefaults,
      methodText: ProtoText.text(of: declaration, in: await catalog.file(of: declaration)))
    let reader = try RequestReader(
      data: command.request.data, schema: input,
      options: JSONDecodingOptions(
        ignoresUnknownFields: command.request.allowUnknownFields, resolver: catalog.resolver))
    var options = Self.options(command.connection, deadline)
    options.compression = command.request.compress
    try await Invocation(client: client, method: method, input: input, output: output).run(
      metadata: callMetadata, options: options,
      requests: { try await reader.next() }, handler: printer)
    guard let failure = printer.failure else { return ExitStatus.success }
    await catalog.prepareTypes(in: failure)
    return ExitStatus.report(
      failure, on: console, asJSON: command.output.formatError, resolver: catalog.resolver)
  }

  private static func transport(
    _ address: String, _ flags: ConnectionFlags
  ) throws(UsageError) -> HTTP2ClientTransport {
    let target: HTTP2ClientTransport.Target
    if !flags.unix, let known = try? HTTP2ClientTransport.Target(parsing: address) {
      target = known
    } else {
      // What people also write: `:7001`, or the bare path of a socket.
      switch try Address(address, isUnix: flags.unix) {
      case .tcp(let host, let port): target = .tcp(host: host, port: port)
      case .unix(let path): target = .unix(path: path)
      }
    }
    var logger = Logger(label: "rpcurl") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    return HTTP2ClientTransport(
      target: target,
      configuration: .init(
        connectTimeout: .seconds(flags.connectTimeout), authority: flags.authority,
        userAgentPrefix: flags.userAgent.isEmpty ? nil : flags.userAgent,
        tls: try flags.tls()),
      logger: logger)
  }

  private static func options(_ flags: ConnectionFlags, _ deadline: Deadline?) -> CallOptions {
    CallOptions(timeout: deadline?.remaining, maxResponseMessageBytes: flags.maxMsgSz)
  }

  private static func metadata(_ lines: [String]) throws(UsageError) -> Metadata {
    var metadata = Metadata()
    for line in lines {
      do {
        try MetadataText.add(line, to: &metadata)
      } catch {
        throw UsageError(error.description)
      }
    }
    return metadata
  }

  private static func protosets(_ paths: [String]) throws(InspectError) -> ProtosetSource {
    var sets: [(path: String, bytes: [UInt8])] = []
    for path in paths {
      do {
        sets.append((path, Array(try Data(contentsOf: URL(filePath: path)))))
      } catch {
        throw .unreadableProtoset(path: path, reason: "the file cannot be read")
      }
    }
    return try ProtosetSource(sets)
  }
}
