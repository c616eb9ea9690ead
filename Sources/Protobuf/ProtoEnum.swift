/// A protobuf enum as a Swift enum.
///
/// Enums are open: generated types carry `case UNRECOGNIZED(Int32)` for numbers that a newer peer
/// may send. Code that decides something must give that case its refusing meaning.
public protocol ProtoEnum: Sendable, Hashable {
  init(rawValue: Int32)
  var rawValue: Int32 { get }
  static var schema: EnumSchema { get }
}
