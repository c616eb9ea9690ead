import Protobuf

/// Random messages of the feature contract.
enum RandomMessages {
  static func scalars(_ random: inout SplitMix64) -> Test_V1_Scalars {
    var message = Test_V1_Scalars()
    message.doubleValue = random.double()
    message.floatValue = random.float()
    message.int32Value = random.int32()
    message.int64Value = random.int64()
    message.uint32Value = random.uint32()
    message.uint64Value = random.uint64()
    message.sint32Value = random.int32()
    message.sint64Value = random.int64()
    message.fixed32Value = random.uint32()
    message.fixed64Value = random.uint64()
    message.sfixed32Value = random.int32()
    message.sfixed64Value = random.int64()
    message.boolValue = random.bool()
    message.stringValue = random.string()
    message.bytesValue = random.bytes()
    message.color = random.color()
    return message
  }

  static func optionals(_ random: inout SplitMix64) -> Test_V1_OptionalScalars {
    var message = Test_V1_OptionalScalars()
    message.doubleValue = random.maybe { $0.double() }
    message.floatValue = random.maybe { $0.float() }
    message.int32Value = random.maybe { $0.int32() }
    message.int64Value = random.maybe { $0.int64() }
    message.uint32Value = random.maybe { $0.uint32() }
    message.uint64Value = random.maybe { $0.uint64() }
    message.sint32Value = random.maybe { $0.int32() }
    message.sint64Value = random.maybe { $0.int64() }
    message.fixed32Value = random.maybe { $0.uint32() }
    message.fixed64Value = random.maybe { $0.uint64() }
    message.sfixed32Value = random.maybe { $0.int32() }
    message.sfixed64Value = random.maybe { $0.int64() }
    message.boolValue = random.maybe { $0.bool() }
    message.stringValue = random.maybe { $0.string() }
    message.bytesValue = random.maybe { $0.bytes() }
    message.color = random.maybe { $0.color() }
    message.scalars = random.maybe { scalars(&$0) }
    message.at = random.maybe {
      var at = Google_Protobuf_Timestamp()
      at.seconds = Int64($0.uint32())
      at.nanos = $0.bool() ? 500_000_000 : 0
      return at
    }
    return message
  }

  static func lists(_ random: inout SplitMix64) -> Test_V1_RepeatedScalars {
    var message = Test_V1_RepeatedScalars()
    message.doubleValue = random.list { $0.double() }
    message.floatValue = random.list { $0.float() }
    message.int32Value = random.list { $0.int32() }
    message.int64Value = random.list { $0.int64() }
    message.uint32Value = random.list { $0.uint32() }
    message.uint64Value = random.list { $0.uint64() }
    message.sint32Value = random.list { $0.int32() }
    message.sint64Value = random.list { $0.int64() }
    message.fixed32Value = random.list { $0.uint32() }
    message.fixed64Value = random.list { $0.uint64() }
    message.sfixed32Value = random.list { $0.int32() }
    message.sfixed64Value = random.list { $0.int64() }
    message.boolValue = random.list { $0.bool() }
    message.stringValue = random.list { $0.string() }
    message.bytesValue = random.list { $0.bytes() }
    message.color = random.list { $0.color() }
    message.scalars = random.list { scalars(&$0) }
    message.unpackedInt32 = random.list { $0.int32() }
    message.unpackedColor = random.list { $0.color() }
    return message
  }

  static func maps(_ random: inout SplitMix64, depth: Int = 2) -> Test_V1_Maps {
    var message = Test_V1_Maps()
    message.int32Double = random.map({ $0.int32() }, { $0.double() })
    message.int64Float = random.map({ $0.int64() }, { $0.float() })
    message.uint32Int32 = random.map({ $0.uint32() }, { $0.int32() })
    message.uint64Int64 = random.map({ $0.uint64() }, { $0.int64() })
    message.sint32Uint32 = random.map({ $0.int32() }, { $0.uint32() })
    message.sint64Uint64 = random.map({ $0.int64() }, { $0.uint64() })
    message.fixed32Sint32 = random.map({ $0.uint32() }, { $0.int32() })
    message.fixed64Sint64 = random.map({ $0.uint64() }, { $0.int64() })
    message.sfixed32Fixed32 = random.map({ $0.int32() }, { $0.uint32() })
    message.sfixed64Fixed64 = random.map({ $0.int64() }, { $0.uint64() })
    message.boolBool = random.map({ $0.bool() }, { $0.bool() })
    message.stringString = random.map({ $0.string() }, { $0.string() })
    message.stringBytes = random.map({ $0.string() }, { $0.bytes() })
    message.stringColor = random.map({ $0.string() }, { $0.color() })
    message.stringScalars = random.map({ $0.string() }, { scalars(&$0) })
    if depth > 0 {
      message.int32Maps = random.map({ $0.int32() }, { maps(&$0, depth: depth - 1) })
    }
    return message
  }

  static func choices(_ random: inout SplitMix64, depth: Int = 3) -> Test_V1_Choices {
    var message = Test_V1_Choices()
    message.before = random.string()
    message.between = random.int32()
    message.after = random.maybe { $0.string() }
    switch random.next() % 9 {
    case 0: message.anything = .doubleValue(random.double())
    case 1: message.anything = .int64Value(random.int64())
    case 2: message.anything = .boolValue(random.bool())
    case 3: message.anything = .stringValue(random.string())
    case 4: message.anything = .bytesValue(random.bytes())
    case 5: message.anything = .color(random.color())
    case 6: message.anything = .scalars(scalars(&random))
    case 7 where depth > 0: message.anything = .choices(choices(&random, depth: depth - 1))
    default: break
    }
    switch random.next() % 3 {
    case 0: message.second = .left(random.string())
    case 1: message.second = .right(random.string())
    default: break
    }
    return message
  }

  static func tree(_ random: inout SplitMix64, depth: Int = 4) -> Test_V1_Tree {
    var message = Test_V1_Tree()
    message.value = random.int64()
    guard depth > 0 else { return message }
    message.left = random.maybe { tree(&$0, depth: depth - 1) }
    message.right = random.maybe { tree(&$0, depth: depth - 2) }
    message.others = random.list { tree(&$0, depth: depth - 3) }
    message.leaf = random.maybe {
      var leaf = Test_V1_Tree.Leaf()
      leaf.name = $0.string()
      leaf.kind = .green
      leaf.owner = $0.maybe { tree(&$0, depth: depth - 4) }
      return leaf
    }
    return message
  }
}
