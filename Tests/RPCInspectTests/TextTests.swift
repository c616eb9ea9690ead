import GRPC
import GRPCServices
import Protobuf
import RPCInspect
import Testing

@Suite struct TextTests {
  @Test("Headers are read as name and value, bytes from base64")
  func headers() throws {
    var metadata = Metadata()
    try MetadataText.add("Authorization:  Bearer x:y ", to: &metadata)
    try MetadataText.add("x-data-bin: AQI=", to: &metadata)
    try MetadataText.add("x-empty:", to: &metadata)
    #expect(metadata.firstString(forKey: "authorization") == "Bearer x:y")
    #expect(metadata.firstBinary(forKey: "x-data-bin") == [1, 2])
    #expect(metadata.firstString(forKey: "x-empty") == "")
    #expect(
      MetadataText.text(metadata) == "authorization: Bearer x:y\nx-data-bin: AQI=\nx-empty: ")
    #expect(MetadataText.text(Metadata()) == "(empty)")
  }

  @Test(
    "Headers that cannot be sent are refused",
    arguments: [
      "no colon", ": value", "x-bin: *", "grpc-timeout: 1S", "te: trailers", "a b: c",
      "x: a\r\nb: c",
    ])
  func badHeaders(line: String) {
    #expect(throws: InvalidHeader.self) {
      var metadata = Metadata()
      try MetadataText.add(line, to: &metadata)
    }
  }

  @Test("A failure is laid out with its code, message and decoded details")
  func failure() {
    let failure = RPCError(
      code: .failedPrecondition, message: "no", reason: "R", domain: "d")
    let text = FailureText(failure, resolver: KnownTypes([Google_Rpc_ErrorInfo.schema]))
    #expect(
      text.text == """
        ERROR:
          Code: FailedPrecondition
          Message: no
          Details:
          1)\t{
            \t  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            \t  "reason": "R",
            \t  "domain": "d"
            \t}

        """)
    #expect(
      text.json == """
        {
          "code": 9,
          "message": "no",
          "details": [
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              "reason": "R",
              "domain": "d"
            }
          ]
        }
        """)
  }

  @Test("Details of unknown types are shown as base64")
  func unknownDetail() {
    let failure = RPCError(code: .aborted, message: "no", reason: "R", domain: "d")
    let json = FailureText(failure, resolver: KnownTypes([])).json
    #expect(json.contains(#""@value": "CgFSEgFk""#))
  }

  @Test("A template opens each recursive type once")
  func template() {
    let template = MessageTemplate.json(for: Google_Rpc_BadRequest.schema)
    #expect(
      template.text() == """
        {"fieldViolations":[{"field":"","description":"","reason":"",\
        "localizedMessage":{"locale":"","message":""}}]}
        """)
    #expect(MessageTemplate.json(for: Google_Protobuf_Value.schema).text() == "null")
    #expect(
      MessageTemplate.json(for: Google_Protobuf_DescriptorProto.schema).text().utf8.count < 5_000)
  }
}
