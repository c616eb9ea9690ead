/// The three parts of a compact JSON Web Signature, taken apart strictly (RFC 7515, section 7.1).
///
/// ```
/// base64url(header) . base64url(claims) . base64url(r || s)
/// |------- signed bytes --------------|
/// ```
struct CompactToken {
  let header: TokenHeader
  let claimsBytes: [UInt8]
  /// `r` and `s` of ECDSA on P-256, 32 bytes each (RFC 7518, section 3.4).
  let signature: [UInt8]
  /// What the signature covers.
  let signedBytes: ArraySlice<UInt8>

  init(_ token: [UInt8]) throws(TokenError) {
    guard token.count <= TokenVerifier.tokenBytesMax else { throw .tooLong }
    let parts = token.split(
      separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("not three parts") }
    guard let headerBytes = Base64URL.decode(parts[0]) else { throw .malformed("header") }
    guard let claimsBytes = Base64URL.decode(parts[1]) else { throw .malformed("claims") }
    guard let signature = Base64URL.decode(parts[2]) else { throw .malformed("signature") }
    header = try TokenHeader(headerBytes)
    guard signature.count == 64 else { throw .badSignature }
    self.claimsBytes = claimsBytes
    self.signature = signature
    self.signedBytes = token[parts[0].startIndex..<parts[1].endIndex]
  }
}

/// The header of a token: which key, and what it claims about the algorithm.
struct TokenHeader {
  /// The type we issue (RFC 9068, section 2.1): a token made for another purpose is refused.
  static let type = "at+jwt"

  let algorithm: String
  let keyID: String

  init(_ bytes: [UInt8]) throws(TokenError) {
    guard let members = TokenJSON.members(of: bytes) else { throw .malformed("header") }
    // `crit` lists extensions that must be understood, and we know none; `b64` changes what is
    // signed. Members that name or carry a key (jku, jwk, x5u, x5c) are ignored: the key is ours,
    // by `kid`.
    if members["crit"] != nil { throw .unsupportedHeader("crit") }
    if members["b64"] != nil { throw .unsupportedHeader("b64") }
    if members["zip"] != nil { throw .unsupportedHeader("zip") }
    guard case .string(Self.type) = members["typ"] else { throw .unsupportedHeader("typ") }
    guard case .string(let algorithm) = members["alg"] else { throw .unsupportedHeader("alg") }
    guard case .string(let keyID) = members["kid"], isIdentifier(keyID) else {
      throw .unknownKey
    }
    self.algorithm = algorithm
    self.keyID = keyID
  }
}
