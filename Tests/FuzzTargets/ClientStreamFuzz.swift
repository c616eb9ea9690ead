import GRPC
import HTTP2

/// The client's rules for one call: header blocks, payload and resets in any order.
enum ClientStreamFuzz {
  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let flags = input.byte()
    var machine = ClientStreamStateMachine(
      responseIsStream: flags & 1 != 0, maxMessageBytes: 1_000,
      accepts: flags & 2 != 0 ? .all : [])
    var messages = 0
    while !input.isEmpty {
      let wasEnded = machine.isEnded
      let before = messages
      let spoke = step(&machine, &input, &messages)
      try BrokenProperty.require(!(wasEnded && spoke), "an ended call ended again")
      try BrokenProperty.require(!wasEnded || machine.isEnded, "an ended call began again")
      try BrokenProperty.require(
        !wasEnded || messages == before, "an ended call delivered a message")
    }
    try BrokenProperty.require(
      flags & 1 != 0 || messages <= 1, "a call of one response delivered \(messages)")
  }

  /// One thing that the server does; returns whether something came of it.
  private static func step(
    _ machine: inout ClientStreamStateMachine, _ input: inout FuzzInput, _ messages: inout Int
  ) -> Bool {
    let kind = input.byte()
    let endStream = kind & 0x80 != 0
    switch kind & 3 {
    case 0:
      if case .ignore = machine.receiveHeaders(block(&input), endStream: endStream) {
        return false
      }
      return true
    case 1, 2:
      var count = 0
      let action = machine.receiveData(input.chunk(), endStream: endStream) { _ in count += 1 }
      messages += count
      if case .proceed = action { return count > 0 }
      return true
    default:
      if endStream { return machine.receiveReset(errorCode: UInt32(input.byte())) != nil }
      return machine.endLocally()
    }
  }

  private static func block(_ input: inout FuzzInput) -> ResponseHeaderBlock {
    var block = ResponseHeaderBlock()
    let flags = input.byte()
    func add(_ name: StaticString, _ value: some Collection<UInt8>) {
      name.withUTF8Buffer { name in
        Array(value).withUnsafeBufferPointer { block.add(name: name, value: $0) }
      }
    }
    if flags & 1 == 0 { add(":status", "200".utf8) }
    if flags & 2 == 0 { add("content-type", "application/grpc".utf8) }
    if flags & 4 != 0 { add("grpc-status", input.chunk()) }
    if flags & 8 != 0 { add("grpc-message", input.chunk()) }
    if flags & 16 != 0 { add("grpc-status-details-bin", input.chunk()) }
    if flags & 32 != 0 { add("grpc-encoding", input.chunk()) }
    if flags & 64 != 0 { add("grpc-retry-pushback-ms", input.chunk()) }
    if flags & 128 != 0 {
      let name = Array(input.chunk())
      let value = Array(input.chunk())
      name.withUnsafeBufferPointer { name in
        value.withUnsafeBufferPointer { block.add(name: name, value: $0) }
      }
    }
    return block
  }
}
