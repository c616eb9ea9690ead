extension Message {
  /// Reads a message from canonical proto3 JSON.
  ///
  /// The text is mapped by the message's schema and decoded like wire bytes, so every check of the
  /// decoder applies.
  ///
  /// - Throws: ``JSONError`` with the place in the text, or the path of the value that does not
  ///   fit.
  public init(
    jsonString: String, options: JSONDecodingOptions = JSONDecodingOptions()
  ) throws(JSONError) {
    let dynamic = try DynamicMessage(
      schema: Self.schema, jsonString: jsonString, options: options)
    do {
      try self.init(serializedBytes: try dynamic.serializedBytes(), limits: .trusted)
    } catch {
      throw JSONError(path: .root, reason: "\(error)")
    }
  }

  /// The canonical proto3 JSON of this message. Unknown fields are left out.
  ///
  /// - Throws: ``JSONError`` when a value has no JSON form, such as an `Any` of an unknown type.
  public func jsonString(
    options: JSONEncodingOptions = JSONEncodingOptions()
  ) throws(JSONError) -> String {
    let dynamic: DynamicMessage
    do {
      dynamic = try DynamicMessage(
        schema: Self.schema, serializedBytes: try serializedBytes(), limits: .trusted)
    } catch {
      throw JSONError(path: .root, reason: "\(error)")
    }
    return try dynamic.jsonString(options: options)
  }
}
