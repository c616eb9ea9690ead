import HTTP2

extension ClientRequestHead {
  /// What a connection adds to every request.
  package struct ConnectionFields: Sendable {
    /// `:authority`; always sent, since nghttp2 refuses requests without it.
    package var authority: String
    /// `user-agent`.
    package var userAgent: String
    /// Whether the connection is one of TLS: `:scheme`.
    package var isEncrypted: Bool

    /// Names the server and this program.
    package init(authority: String, userAgent: String, isEncrypted: Bool = false) {
      self.authority = authority
      self.userAgent = userAgent
      self.isEncrypted = isEncrypted
    }
  }

  /// Appends the request's header block in the order the protocol asks for: pseudo fields,
  /// `grpc-timeout`, the other fields of the call definition, custom metadata.
  ///
  /// Call it when the HEADERS frame is about to be sent: `grpc-timeout` is what remains at `now`.
  /// The metadata must have passed `validateForSending()`.
  package func append(
    to fields: inout FieldList, connection: ConnectionFields, now: @autoclosure () -> Deadline
  ) {
    fields.append(":method", literal: "POST")
    fields.append(":scheme", literal: connection.isEncrypted ? "https" : "http")
    fields.append(":path", method.path)
    fields.append(":authority", connection.authority)
    if let deadline {
      let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(now().nanoseconds)
      let text = GRPCTimeout.encode(nanoseconds: overflow ? .max : left)
      fields.append("grpc-timeout", text, neverIndexed: true)
    }
    fields.append("te", literal: "trailers")
    fields.append("content-type", literal: "application/grpc")
    if options.compression != .identity {
      fields.append("grpc-encoding", literal: options.compression.wireName)
    }
    if !options.acceptedCompression.isEmpty {
      fields.append("grpc-accept-encoding", literal: options.acceptedCompression.acceptEncoding)
    }
    fields.append("user-agent", connection.userAgent)
    metadata.forEachField { name, value in fields.append(nameBytes: name, valueBytes: value) }
  }
}
