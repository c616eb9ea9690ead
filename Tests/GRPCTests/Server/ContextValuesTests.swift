import GRPC
import Testing

@Suite("ContextValues")
struct ContextValuesTests {
  private enum Name: ContextKey { typealias Value = String }
  private enum Age: ContextKey { typealias Value = Int }

  @Test("a value is found by its key type, replaced and removed")
  func values() {
    var values = ContextValues()
    #expect(values[Name.self] == nil)
    values[Name.self] = "a"
    values[Age.self] = 3
    values[Name.self] = "b"
    #expect(values[Name.self] == "b")
    #expect(values[Age.self] == 3)
    values[Name.self] = nil
    #expect(values[Name.self] == nil)
    #expect(values[Age.self] == 3)
  }
}
