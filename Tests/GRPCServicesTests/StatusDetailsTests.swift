import GRPC
import GRPCServices
import Protobuf
import Testing

@Suite struct StatusDetailsTests {
  @Test("A reason travels with its domain and values, and code and message agree")
  func errorInfo() throws {
    let error = RPCError(
      code: .failedPrecondition, message: "not enough credits", reason: "INSUFFICIENT_CREDITS",
      domain: "accounting.farebox", details: ["shortfall": "5"])
    let info = try #require(error.errorInfo)
    #expect(info.reason == "INSUFFICIENT_CREDITS")
    #expect(info.domain == "accounting.farebox")
    #expect(info.metadata == ["shortfall": "5"])
    let status = try #require(error.statusDetails)
    #expect(status.code == 9)
    #expect(status.message == "not enough credits")
    #expect(error.fieldViolations.isEmpty)
  }

  @Test("A bad argument names its field in the text and in the details")
  func invalidArgument() {
    let error = RPCError.invalidArgument(field: "credits", description: "must be positive")
    #expect(error.code == .invalidArgument)
    #expect(error.message == "credits: must be positive")
    #expect(error.fieldViolations.map(\.field) == ["credits"])
    #expect(error.fieldViolations.map(\.description) == ["must be positive"])
    #expect(error.errorInfo == nil)
  }

  @Test("Several details keep their types, and unreadable ones read as none")
  func severalDetails() throws {
    var retry = Google_Rpc_RetryInfo()
    retry.retryDelay = Google_Protobuf_Duration()
    retry.retryDelay?.seconds = 3
    var info = Google_Rpc_ErrorInfo()
    info.reason = "BUSY"
    let error = RPCError(
      code: .unavailable, message: "busy", details: [try .packing(info), try .packing(retry)])
    #expect(error.detail(Google_Rpc_RetryInfo.self)?.retryDelay?.seconds == 3)
    #expect(error.errorInfo?.reason == "BUSY")
    #expect(error.detail(Google_Rpc_Help.self) == nil)
    let garbled = RPCError(code: .unknown, message: "", detailsBytes: [0xFF])
    #expect(garbled.statusDetails == nil)
    #expect(RPCError(code: .unknown, message: "").statusDetails == nil)
  }

  @Test("Details written as JSON name their type")
  func json() throws {
    let status = try #require(
      RPCError(code: .aborted, message: "m", reason: "R", domain: "d").statusDetails)
    let options = JSONEncodingOptions(resolver: KnownTypes([Google_Rpc_ErrorInfo.schema]))
    #expect(
      try status.jsonString(options: options) == """
        {"code":10,"message":"m","details":\
        [{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"R","domain":"d"}]}
        """)
    let back = try Google_Rpc_Status(
      jsonString: try status.jsonString(options: options),
      options: JSONDecodingOptions(resolver: KnownTypes([Google_Rpc_ErrorInfo.schema])))
    #expect(back == status)
  }
}
