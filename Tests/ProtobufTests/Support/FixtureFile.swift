import Protobuf

/// Files that protoc 3.21.12 compiled, source information included.
///
/// ```proto
/// syntax = "proto3";
/// package test.fixture;
///
/// import "missing/other.proto";
///
/// option java_package = "org.example";
/// option swift_prefix = "Fx";
///
/// // A node of a tree.
/// message Node {
///   optional int64 weight = 1;
///   string name = 2;
///   repeated int32 numbers = 3;
///   repeated int32 loose = 4 [packed = false];
///   map<string, Node> children = 5;
///   oneof body {
///     string text = 6;
///     Node link = 7;
///   }
///   Color color = 8;
///   missing.Other other = 9;
///   double ratio = 10 [deprecated = true, json_name = "share"];
///   enum Color {
///     COLOR_UNSPECIFIED = 0;
///     COLOR_RED = 1;
///   }
///   reserved 20 to 30;
/// }
///
/// // Serves nodes.
/// service Nodes {
///   // One node.
///   rpc Get(Node) returns (Node);
///   rpc Watch(stream Node) returns (stream Node) {
///     option idempotency_level = NO_SIDE_EFFECTS;
///   }
/// }
/// ```
enum FixtureFile {
  static let fixture = bytes(
    """
      Cg1maXh0dXJlLnByb3RvEgx0ZXN0LmZpeHR1cmUaE21pc3Npbmcvb3RoZXIucHJvdG8i8gMKBE5vZGUSGwoGd2Vp\
      Z2h0GAEgASgDSAFSBndlaWdodIgBARISCgRuYW1lGAIgASgJUgRuYW1lEhgKB251bWJlcnMYAyADKAVSB251bWJl\
      cnMSGAoFbG9vc2UYBCADKAVCAhAAUgVsb29zZRI8CghjaGlsZHJlbhgFIAMoCzIgLnRlc3QuZml4dHVyZS5Ob2Rl\
      LkNoaWxkcmVuRW50cnlSCGNoaWxkcmVuEhQKBHRleHQYBiABKAlIAFIEdGV4dBIoCgRsaW5rGAcgASgLMhIudGVz\
      dC5maXh0dXJlLk5vZGVIAFIEbGluaxIuCgVjb2xvchgIIAEoDjIYLnRlc3QuZml4dHVyZS5Ob2RlLkNvbG9yUgVj\
      b2xvchIkCgVvdGhlchgJIAEoCzIOLm1pc3NpbmcuT3RoZXJSBW90aGVyEhgKBXJhdGlvGAogASgBQgIYAVIFc2hh\
      cmUaTwoNQ2hpbGRyZW5FbnRyeRIQCgNrZXkYASABKAlSA2tleRIoCgV2YWx1ZRgCIAEoCzISLnRlc3QuZml4dHVy\
      ZS5Ob2RlUgV2YWx1ZToCOAEiLQoFQ29sb3ISFQoRQ09MT1JfVU5TUEVDSUZJRUQQABINCglDT0xPUl9SRUQQAUIG\
      CgRib2R5QgkKB193ZWlnaHRKBAgUEB8ycAoFTm9kZXMSLQoDR2V0EhIudGVzdC5maXh0dXJlLk5vZGUaEi50ZXN0\
      LmZpeHR1cmUuTm9kZRI4CgVXYXRjaBISLnRlc3QuZml4dHVyZS5Ob2RlGhIudGVzdC5maXh0dXJlLk5vZGUiA5AC\
      ASgBMAFCEgoLb3JnLmV4YW1wbGW6AgJGeErNCQoGEgQAACQBCggKAQwSAwAAEgoICgECEgMBABUKCQoCAwASAwMA\
      HQoICgEIEgMFACQKCQoCCAESAwUAJAoICgEIEgMGABsKCQoCCCcSAwYAGwofCgIEABIECQAbARoTIEEgbm9kZSBv\
      ZiBhIHRyZWUuCgoKCgMEAAESAwkIDAoLCgQEAAIAEgMKAhwKDAoFBAACAAQSAwoCCgoMCgUEAAIABRIDCgsQCgwK\
      BQQAAgABEgMKERcKDAoFBAACAAMSAwoaGwoLCgQEAAIBEgMLAhIKDAoFBAACAQUSAwsCCAoMCgUEAAIBARIDCwkN\
      CgwKBQQAAgEDEgMLEBEKCwoEBAACAhIDDAIdCgwKBQQAAgIEEgMMAgoKDAoFBAACAgUSAwwLEAoMCgUEAAICARID\
      DBEYCgwKBQQAAgIDEgMMGxwKCwoEBAACAxIDDQIsCgwKBQQAAgMEEgMNAgoKDAoFBAACAwUSAw0LEAoMCgUEAAID\
      ARIDDREWCgwKBQQAAgMDEgMNGRoKDAoFBAACAwgSAw0bKwoNCgYEAAIDCAISAw0cKgoLCgQEAAIEEgMOAiEKDAoF\
      BAACBAYSAw4CEwoMCgUEAAIEARIDDhQcCgwKBQQAAgQDEgMOHyAKDAoEBAAIABIEDwISAwoMCgUEAAgAARIDDwgM\
      CgsKBAQAAgUSAxAEFAoMCgUEAAIFBRIDEAQKCgwKBQQAAgUBEgMQCw8KDAoFBAACBQMSAxASEwoLCgQEAAIGEgMR\
      BBIKDAoFBAACBgYSAxEECAoMCgUEAAIGARIDEQkNCgwKBQQAAgYDEgMREBEKCwoEBAACBxIDEwISCgwKBQQAAgcG\
      EgMTAgcKDAoFBAACBwESAxMIDQoMCgUEAAIHAxIDExARCgsKBAQAAggSAxQCGgoMCgUEAAIIBhIDFAIPCgwKBQQA\
      AggBEgMUEBUKDAoFBAACCAMSAxQYGQoLCgQEAAIJEgMVAj0KDAoFBAACCQUSAxUCCAoMCgUEAAIJARIDFQkOCgwK\
      BQQAAgkDEgMVERMKDAoFBAACCQgSAxUUPAoNCgYEAAIJCAMSAxUVJgoMCgUEAAIJChIDFSg7CgwKBQQAAgkKEgMV\
      NDsKDAoEBAAEABIEFgIZAwoMCgUEAAQAARIDFgcMCg0KBgQABAACABIDFwQaCg4KBwQABAACAAESAxcEFQoOCgcE\
      AAQAAgACEgMXGBkKDQoGBAAEAAIBEgMYBBIKDgoHBAAEAAIBARIDGAQNCg4KBwQABAACAQISAxgQEQoKCgMEAAkS\
      AxoCFAoLCgQEAAkAEgMaCxMKDAoFBAAJAAESAxoLDQoMCgUEAAkAAhIDGhETChsKAgYAEgQeACQBGg8gU2VydmVz\
      IG5vZGVzLgoKCgoDBgABEgMeCA0KGAoEBgACABIDIAIfGgsgT25lIG5vZGUuCgoMCgUGAAIAARIDIAYJCgwKBQYA\
      AgACEgMgCg4KDAoFBgACAAMSAyAZHQoMCgQGAAIBEgQhAiMDCgwKBQYAAgEBEgMhBgsKDAoFBgACAQUSAyEMEgoM\
      CgUGAAIBAhIDIRMXCgwKBQYAAgEGEgMhIigKDAoFBgACAQMSAyEpLQoMCgUGAAIBBBIDIgQvCg0KBgYAAgEEIhID\
      IgQvYgZwcm90bzM=
    """)

  /// `missing/other.proto`: `package missing; message Other { int32 id = 1; }`.
  static let other = bytes(
    """
      ChNtaXNzaW5nL290aGVyLnByb3RvEgdtaXNzaW5nIhcKBU90aGVyEg4KAmlkGAEgASgFUgJpZGIGcHJvdG8z
    """)

  private static func bytes(_ base64: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    var pending = 0
    var bits = 0
    for character in base64.utf8 {
      guard let value = alphabet.firstIndex(of: character) else { continue }
      pending = (pending << 6 | value) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(pending >> bits & 0xFF))
      }
    }
    return result
  }
}
