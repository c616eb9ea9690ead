/// An enum type: its full name and its values in declaration order.
///
/// protobuf-c gets no descriptor for enums: it never reads one while packing or unpacking, and
/// enums are open, so any 32-bit number is a value.
public final class EnumSchema: Sendable {
  /// The full proto name, such as `farebox.accounting.v1.Decision`.
  public let name: String
  /// Names and numbers in declaration order; aliases appear as further entries of the same number.
  public let values: [(name: String, number: Int32)]
  private let numberByName: [String: Int32]
  private let nameByNumber: [Int32: String]

  public init(name: String, values: [(name: String, number: Int32)]) {
    self.name = name
    self.values = values
    numberByName = Dictionary(values.map { ($0.name, $0.number) }) { first, _ in first }
    nameByNumber = Dictionary(values.map { ($0.number, $0.name) }) { first, _ in first }
  }

  /// The number of the value with this proto name.
  public func number(named name: String) -> Int32? { numberByName[name] }

  /// The proto name of a number; the first declared one when there are aliases.
  public func name(of number: Int32) -> String? { nameByNumber[number] }
}
